#!/bin/sh
while true
do
	sleep 3600
done
