# The image holds one static program, an empty data folder and an empty /tmp, nothing
# else: no shell, no libraries, no root. Keep /data on a volume: it is the log. Three
# nodes: cmd/boxoffice/deploy.
#
#   docker build -t boxoffice .
#   docker run -p 8080:8080 -v boxoffice:/data boxoffice serve --demo

FROM golang:1.26 AS build
WORKDIR /src
# The modules change less often than the code: their layer is kept.
COPY go.mod go.sum ./
RUN go mod download
# With .git, so that the program knows its revision.
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=auto -ldflags='-s -w' -o /out/boxoffice ./cmd/boxoffice \
 && mkdir /out/data /out/tmp

FROM scratch
COPY --from=build /out/boxoffice /boxoffice
COPY --from=build --chown=65532:65532 /out/data /data
# Where the settings of the Raft library lie for a moment, at the start.
COPY --from=build --chown=65532:65532 /out/tmp /tmp
USER 65532:65532
VOLUME /data
ENV BOXOFFICE_DATA=/data BOXOFFICE_HTTP=0.0.0.0:8080
# HTTP; gossip (TCP and UDP), actors, Raft. The last three are for other nodes only:
# set BOXOFFICE_CLUSTER to the address at which they reach this one.
EXPOSE 8080 7400/tcp 7400/udp 7401 7402
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s --retries=3 CMD ["/boxoffice", "healthcheck"]
ENTRYPOINT ["/boxoffice"]
CMD ["serve"]
