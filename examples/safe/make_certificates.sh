mkdir -m 700 certificates && cd certificates
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj '/CN=a CA of ours' \
  -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem
openssl req -newkey rsa:2048 -nodes -subj /CN=broker -keyout server.key -out server.csr
printf 'subjectAltName=DNS:localhost\nauthorityKeyIdentifier=keyid\n' > server.ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 \
  -extfile server.ext -out server.pem
