# The sandbox as a service container: docs/container.md says how to run it, what it contains, and how it was checked.
# It listens on every interface, so control calls need the admin token: set PKB_SANDBOX_ADMIN_TOKEN or
# PKB_SANDBOX_ADMIN_TOKEN_FILE, or read the generated one from the start-up text.
ARG BASE=python:3.12-slim

# What changes seldom: the dependencies, and the tools that build. The secrets are optional: a pip.conf for a package
# index of your own, and a certificate authority, which it names as /run/secrets/ca.pem. Neither gets into an image.
FROM ${BASE} AS dependencies
WORKDIR /build
ENV PIP_CONFIG_FILE=/run/secrets/pip.conf PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
COPY .ci/image-requirements.txt .ci/image-tools.txt ./
# Every file is compared with its hash: docs/dependencies.md says how the two lists are made.
RUN --mount=type=secret,id=pip.conf --mount=type=secret,id=ca.pem \
    python3 -m venv /opt/tools \
    && /opt/tools/bin/pip install --quiet --require-hashes -r image-tools.txt \
    && python3 -m venv --without-pip /opt/sandbox \
    && /opt/tools/bin/pip --python /opt/sandbox/bin/python install --quiet --no-compile \
         --require-hashes -r image-requirements.txt \
    && /opt/sandbox/bin/python -m compileall -qq -j 0 --invalidation-mode unchecked-hash /opt/sandbox/lib

# What changes often: the sandbox itself, built without a download. /stage is what it adds to the dependencies.
FROM dependencies AS build
COPY . .
RUN /opt/tools/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/tools/bin/pip --python /opt/sandbox/bin/python install --quiet --no-compile --no-warn-script-location \
         --no-deps --no-index --find-links /wheel --root /stage pkb-sandbox \
    && /opt/sandbox/bin/python -m compileall -qq -j 0 --invalidation-mode unchecked-hash /stage/opt/sandbox/lib \
    && mkdir -p /stage/usr/share/sbom \
    && PYTHONPATH=$(echo /stage/opt/sandbox/lib/python3*/site-packages) /opt/tools/bin/cyclonedx-py environment \
         --output-reproducible --output-file /stage/usr/share/sbom/pkb-sandbox.cdx.json /opt/sandbox/bin/python

FROM ${BASE}
ENV PATH=/opt/sandbox/bin:$PATH PYTHONUNBUFFERED=1 PKB_SANDBOX_HOST=0.0.0.0 PKB_SANDBOX_PORT=8080 \
    PKB_SANDBOX_TLS_DIR=/var/lib/pkb-sandbox
# The folder belongs to the user, and so does a new volume that is mounted on it for the local authority of --tls.
RUN groupadd --gid 10001 sandbox \
    && useradd --uid 10001 --gid sandbox --home-dir /var/lib/pkb-sandbox --shell /usr/sbin/nologin sandbox \
    && install --directory --owner sandbox --group sandbox /var/lib/pkb-sandbox
COPY --from=dependencies /opt/sandbox /opt/sandbox
COPY --from=build /stage /
# The official base has the standard library without bytecode, which a read-only container would compile at each start.
RUN python -c "import sandbox.cli.serve, sandbox.cli.banner; from sandbox.server import SandboxServer; \
      SandboxServer().start().stop()"
ARG VERSION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="PKB Sandbox" \
      org.opencontainers.image.description="A local server that behaves like the Patients Know Best APIs, for tests" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.source="${SOURCE}"
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s CMD ["python", "-m", "sandbox.health_check"]
ENTRYPOINT ["pkb-sandbox"]
CMD ["serve"]
