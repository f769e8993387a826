# One image for every role: give the role's main file as the command.
#
#   docker run … stocktide api/main.ts             REST, WebSocket, dashboard (default)
#   docker run … stocktide ingest/main.ts          the door
#   docker run … stocktide processors/main.ts      the processors, or a slice (PROCESSORS=stock:0-7)
#
# It talks to a NATS server and a ClickHouse server; the embedded engine of `npm start` is left out.
ARG NODE_VERSION=20

FROM node:${NODE_VERSION}-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npx vite build dashboard --logLevel warn

FROM node:${NODE_VERSION}-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional && npm cache clean --force
COPY contracts contracts
COPY platform platform
COPY ingest ingest
COPY processors processors
COPY api api
COPY sql sql
COPY --from=build /app/dashboard/dist dashboard/dist
# The TypeScript loader needs a native binary; better to miss it now than at the first start.
RUN node --import tsx --eval "await import('/app/contracts/envelope.ts')" --input-type=module

# Reachable from other containers, which the processes refuse without an ACCESS_TOKEN.
ENV HOST=0.0.0.0 HEALTH_URL=http://127.0.0.1:8080/healthz
USER node
EXPOSE 8080 8081 8082
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "--eval", "fetch(process.env.HEALTH_URL).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--import", "tsx"]
CMD ["api/main.ts"]
