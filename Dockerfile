# The sandbox as a service container. Listens on every interface, so control calls need the admin token:
# set PKB_SANDBOX_ADMIN_TOKEN or PKB_SANDBOX_ADMIN_TOKEN_FILE, or read the one that is made from the start-up text.

# What changes seldom: the dependencies, and what builds the wheel.
FROM python:3.12-slim AS dependencies
WORKDIR /build
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
      > requirements.txt \
    && python -m venv /opt/sandbox \
    && /opt/sandbox/bin/pip install --no-cache-dir -c constraints.txt -r requirements.txt \
    && pip install --no-cache-dir "hatchling>=1.27"

# What changes often: the sandbox itself, built without a download.
FROM dependencies AS build
COPY . .
RUN pip wheel --no-deps --no-build-isolation --no-cache-dir --wheel-dir /wheel .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home sandbox
COPY --from=dependencies /opt/sandbox /opt/sandbox
COPY --from=build /wheel /wheel
RUN /opt/sandbox/bin/pip install --no-deps --no-index --no-cache-dir /wheel/*.whl
USER sandbox
ENV PATH=/opt/sandbox/bin:$PATH PYTHONUNBUFFERED=1 PKB_SANDBOX_HOST=0.0.0.0 PKB_SANDBOX_PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s CMD ["python", "-m", "sandbox.health_check"]
ENTRYPOINT ["pkb-sandbox"]
CMD ["serve"]
