#!/bin/sh
# Generates the package heddlev1 from the project's protos, which name no Go package themselves.
# heddle.v1 and heddle.local.v1 know each other, so in Go they have to be one package.
set -eu
cd "$(dirname "$0")"
protos=../../protos
set -- "--proto_path=$protos"
for file in "$protos"/heddle/v1/*.proto "$protos"/heddle/local/v1/review.proto; do
    name=${file#"$protos/"}
    for out in go go-grpc; do
        set -- "$@" "--${out}_opt=M$name=example.com/heddle-example/heddlev1"
    done
    set -- "$@" "$name"
done
# shellcheck disable=SC2086 # PROTOC may be a command with arguments
${PROTOC:-protoc} \
    "--plugin=protoc-gen-go=$(go tool -n protoc-gen-go)" \
    "--plugin=protoc-gen-go-grpc=$(go tool -n protoc-gen-go-grpc)" \
    --go_out=. --go_opt=module=example.com/heddle-example \
    --go-grpc_out=. --go-grpc_opt=module=example.com/heddle-example \
    "$@"
