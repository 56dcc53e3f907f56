"""Headers of pages without scripts: they load nothing, nobody puts them into a frame, and no cache keeps them."""

SEALED = {
    "Cache-Control": "no-store",
    # These pages carry their style in themselves, hence 'unsafe-inline' for it; nothing else may load or run.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
