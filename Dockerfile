# Two images from one program. `console` is the page and the API: nothing but one
# static program, no root, no shell, nothing of fail2ban. `helper` is the only part
# that talks to fail2ban; fail2ban's own programs read its configuration there.
#
#   docker build --target console -t bangui .
#   docker build --target helper -t bangui-helper .

FROM node:22-bookworm-slim AS page
WORKDIR /src
COPY web/package.json web/package-lock.json web/
COPY web/tools web/tools
RUN npm --prefix web ci --no-audit --no-fund
COPY packaging/geo packaging/geo
RUN npm --prefix packaging/geo ci --ignore-scripts --no-audit --no-fund
COPY web web
RUN npm --prefix web run --silent build

FROM golang:1.26-bookworm AS program
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=page /src/web/dist web/dist
COPY --from=page /src/packaging/geo/node_modules /geo
ARG VERSION=dev
RUN --mount=type=cache,target=/root/.cache/go-build \
    go run ./cmd/geodata /geo internal/geo/geodata \
 && CGO_ENABLED=0 go build -tags geodata -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /out/usr/bin/bangui ./cmd/bangui
RUN mkdir -p /out/etc/ssl/certs /out/var/lib/bangui /out/run/bangui \
 && echo 'bangui:x:65532:65532::/var/lib/bangui:/usr/sbin/nologin' > /out/etc/passwd \
 && echo 'bangui:x:65532:' > /out/etc/group \
 && cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ \
 && chown 65532:65532 /out/var/lib/bangui && chmod 700 /out/var/lib/bangui \
 && chown 0:65532 /out/run/bangui && chmod 750 /out/run/bangui

FROM debian:bookworm-slim AS helper
RUN apt-get update \
 && apt-get install -y --no-install-recommends fail2ban python3-systemd \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 65532 bangui && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /var/lib/bangui --shell /usr/sbin/nologin bangui
COPY --from=program /out/usr/bin/bangui /usr/bin/bangui
COPY --from=program --chown=0:65532 /out/run/bangui /run/bangui
# root, with the group that may open the helper's socket.
USER 0:65532
VOLUME /run/bangui /var/lib/bangui-helper
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s CMD ["test", "-S", "/run/bangui/helper.sock"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/bangui"]
CMD ["helper", "--socket", "/run/bangui/helper.sock", "--allow-user", "bangui", "--state-dir", "/var/lib/bangui-helper"]

FROM scratch AS console
COPY --from=program /out/ /
ENV BANGUI_DATA_DIR=/var/lib/bangui BANGUI_LISTEN=0.0.0.0:8000
USER 65532:65532
VOLUME /var/lib/bangui
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=40s --retries=3 CMD ["/usr/bin/bangui", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/bangui"]
CMD ["serve", "--helper", "/run/bangui/helper.sock"]
