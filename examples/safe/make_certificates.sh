mkdir -m 700 certificates && cd certificates
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj '/CN=a CA of ours' -keyout ca.key -out ca.pem
openssl req -newkey rsa:2048 -nodes -subj /CN=broker -addext subjectAltName=DNS:localhost \
  -keyout server.key -out server.csr
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 \
  -copy_extensions copy -out server.pem
