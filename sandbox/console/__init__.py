"""The console: web pages about a running sandbox, rendered on the server, below `/_sandbox/console/`.

Pages read the record of this process directly. What a page changes, it changes by a control call that it names.
"""
