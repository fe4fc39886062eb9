# The steps are those of scripts/build.sh, which CI runs without Docker.

FROM node:22-bookworm-slim AS web
WORKDIR /src
COPY scripts scripts
COPY web web
RUN scripts/build.sh web

FROM rust:1.95-bookworm AS binary
WORKDIR /src
COPY . .
COPY --from=web /src/web/dist web/dist
RUN scripts/build.sh binary \
    && cp "target/$(rustc -vV | sed -n 's/^host: //p')/release/lighttrace" /lighttrace \
    && mkdir /empty

FROM scratch
COPY --from=binary /lighttrace /lighttrace
# Whom mail servers are certified by.
COPY --from=binary /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# A new volume takes this folder's owner, so that the server can write without being root.
COPY --from=binary --chown=65532:65532 /empty /data
USER 65532:65532
ENV LIGHTTRACE_LISTEN=0.0.0.0:9000 LIGHTTRACE_DATA_DIR=/data
VOLUME /data
EXPOSE 9000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["/lighttrace", "health"]
ENTRYPOINT ["/lighttrace"]
CMD ["serve"]
