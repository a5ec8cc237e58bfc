meter foo { ip saddr timeout 60s limit rate over 96 bytes/second burst 576 bytes } counter packets 0 bytes 0
