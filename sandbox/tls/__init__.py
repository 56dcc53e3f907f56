"""TLS: the local certificate authority, the server's certificate, and the certificates that clients trust."""
