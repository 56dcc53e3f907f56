"""Collections of requests for Postman, Bruno and editors of `.http` files, one for each integration type."""
