# The sandbox as a service container. Listens on every interface, so control calls need the admin token:
# set PKB_SANDBOX_ADMIN_TOKEN, or read the one that is made from the start-up text.

FROM python:3.12-slim AS build
WORKDIR /build
COPY . .
RUN python -m venv /opt/sandbox && /opt/sandbox/bin/pip install --no-cache-dir -c constraints.txt .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home sandbox
COPY --from=build /opt/sandbox /opt/sandbox
USER sandbox
ENV PATH=/opt/sandbox/bin:$PATH PYTHONUNBUFFERED=1 PKB_SANDBOX_HOST=0.0.0.0 PKB_SANDBOX_PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s CMD ["python", "-c", \
  "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PKB_SANDBOX_PORT\"]}/_sandbox/health/ready', timeout=2)"]
ENTRYPOINT ["pkb-sandbox"]
CMD ["serve"]
