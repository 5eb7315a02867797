/// Of this program. Shown by `--version`, on the status page, and to apps in `user-agent`.
let version = "0.1.0"
