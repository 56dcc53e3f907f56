"""TLS: the local certificate authority, the certificate that the server presents, and what clients trust."""
