# The server, as an image: built with uv.lock, run without privileges, writing nothing outside /tmp and /episodes.
#
#     docker build -t synth-audit-env . && docker run --rm -p 8000:8000 synth-audit-env
#     docker run --rm -p 8000:8000 -e MAX_SESSIONS=128 -e EPISODE_LOG=/episodes -v episodes:/episodes synth-audit-env

FROM python:3.12-slim AS build
RUN pip install --no-cache-dir "uv>=0.9,<1"
# The image brings the Python; the environment is made where the final stage will have it.
ENV UV_PYTHON=/usr/local/bin/python3 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 \
    UV_PROJECT_ENVIRONMENT=/opt/venv
WORKDIR /src
# Dependencies change less often than code: a layer of their own.
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --no-install-project
COPY . .
# Its results are shown by the page, and are copied below: a source without any makes an image without any.
RUN uv sync --locked --no-dev --no-editable && mkdir -p /src/outputs

FROM python:3.12-slim
COPY --from=build /opt/venv /opt/venv
# Libraries that cache in a home directory find one that is writable. Settings are variables: flags in CMD are gone with
# it where somebody gives others, and the health check sees no flag.
ENV PATH="/opt/venv/bin:$PATH" HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000
# The server looks for its results where it is started. Root's, so that it cannot write there.
WORKDIR /srv
COPY --from=build /src/outputs outputs
# For an episode log, where one is asked for: a new volume that is mounted here belongs to whom the folder does.
RUN mkdir /episodes && chown 65532:65532 /episodes
# Anybody but root; a number, so that a cluster can see that it is not root.
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\") or 8000}/health', timeout=2)"]
CMD ["server"]
