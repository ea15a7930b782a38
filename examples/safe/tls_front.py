"""TLS on port 5593, in front of a broker that has none. production.md, chapter 9.

cd examples/safe
sh make_certificates.sh
python tls_front.py
"""

import asyncio
import contextlib
import ssl
import sys
from asyncio import StreamReader, StreamWriter

from celery import Celery

LISTEN = '127.0.0.1', 5593

broker = Celery(broker='amqp://localhost:5672').connection()


async def copy(reader: StreamReader, writer: StreamWriter) -> None:
    try:
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


async def serve(client: StreamReader, to_client: StreamWriter) -> None:
    try:
        server, to_server = await asyncio.open_connection(broker.hostname, broker.port)
    except OSError as error:
        print(f'no broker behind it: {error}', file=sys.stderr)
        to_client.close()
        return
    both = copy(client, to_server), copy(server, to_client)
    await asyncio.gather(*both, return_exceptions=True)


async def main() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain('certificates/server.pem', 'certificates/server.key')
    async with await asyncio.start_server(serve, *LISTEN, ssl=context) as listener:
        print('TLS on port', LISTEN[1], flush=True)
        await listener.serve_forever()


if __name__ == '__main__':
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(main())
    except OSError as error:
        print(f'no TLS here: {error}; make_certificates.sh makes what it needs', file=sys.stderr)
        sys.exit(2)
