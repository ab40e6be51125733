# syntax=docker/dockerfile:1.7
# The image of any of our services, for every platform that Node has:
#
#   docker buildx build --build-arg SERVICE=ipam --tag metal3/ipam:0.1.0 .
#   docker buildx build --build-arg SERVICE=pxe-server --target with-tools --tag metal3/pxe-server:0.1.0 .
#
# Reproducible: give --build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) and
# --output type=registry,rewrite-timestamp=true. The release gives both base images by digest.
ARG NODE_IMAGE=node:24.21.0-trixie-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot

# Bundles are the same for every platform: they are made once, on the one that builds.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS bundle
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund
ARG SERVICE
RUN node tools/images/src/main.ts "${SERVICE}" /app

# For services that call other programs: images are inspected and converted, boot media are made.
FROM ${NODE_IMAGE} AS with-tools
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ipmitool mtools qemu-utils xorriso \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* \
 && mkdir -p /nodejs/bin && ln -s /usr/local/bin/node /nodejs/bin/node
ARG SERVICE
LABEL org.opencontainers.image.title="metal3 ${SERVICE}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=bundle --chown=0:0 /app /app
WORKDIR /app
ENV NODE_ENV=production
USER 65532:65532
ENTRYPOINT ["/nodejs/bin/node", "/app/main.mjs"]

# Node and nothing else: no shell, no package manager.
FROM ${RUNTIME_IMAGE} AS service
ARG SERVICE
LABEL org.opencontainers.image.title="metal3 ${SERVICE}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=bundle --chown=0:0 /app /app
WORKDIR /app
ENV NODE_ENV=production
USER 65532:65532
ENTRYPOINT ["/nodejs/bin/node", "/app/main.mjs"]
