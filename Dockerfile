# procmond as a container image; docker-compose.yml shows what it needs from the host to see the host's processes.
#
#   docker build -t procmond .
#   docker run --rm procmond version

# The Node that the tests run on. Debian 12 has the C library that the prebuilt LMDB wants (2.34 or newer).
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
RUN npm run build

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
# procmond refuses a data directory of another user; a new volume mounted here takes owner and mode over.
RUN install -d -m 0700 -o 10001 -g 10001 /var/lib/procmond
VOLUME /var/lib/procmond
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
# No shell in between: procmond gets SIGTERM itself and ends in order.
# The same small young generation as the program asks for in its first line: two fifths of the memory.
ENTRYPOINT ["node", "--max-semi-space-size=2", "--heap-growing-percent=15", "/app/dist/main.js"]
# Root hands all rights but two over to a user of its own before anything is opened. Docker could start that user itself,
# but gives no capability to anybody but root.
CMD ["run", "--user", "10001"]
