#!/bin/sh
# What this does is part of /docker-entrypoint.sh.
