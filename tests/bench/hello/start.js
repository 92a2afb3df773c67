import start from "./hello.js";
start({ module_or_path: "/hello/hello_bg.wasm" });
