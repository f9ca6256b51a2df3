# syntax=docker/dockerfile:1
# docker build -t kumocast . && docker run -p 8888:8888 -v kumocast:/data kumocast

FROM node:22-bookworm-slim AS build
# For better-sqlite3, where no built binary of it can be had.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# Apart from the sources, so that a changed source does not fetch every package again.
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json nest-cli.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:22-bookworm-slim
ENV NODE_ENV=production \
    KINTO_INI=/data/kumocast.ini
RUN groupadd --gid 10001 kumocast \
  && useradd --uid 10001 --gid kumocast --no-create-home --shell /usr/sbin/nologin kumocast \
  && install --directory --owner=kumocast --group=kumocast --mode=0750 /data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY config ./config
COPY --chmod=0755 deploy/docker/entrypoint.sh /usr/local/bin/kumocast
# By number: Kubernetes checks `runAsNonRoot` only then.
USER 10001:10001
VOLUME /data
EXPOSE 8888
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8888/v1/__heartbeat__').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["kumocast"]
CMD ["start"]
