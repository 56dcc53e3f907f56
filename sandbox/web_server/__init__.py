"""HTTP/1.1 on sockets: uvicorn, with one of two parsers and one of two event loops, which answer alike."""
