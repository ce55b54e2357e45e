"""Writes the checkpoint as a GGUF file (q8_0) of the llama architecture.

    python export.py [--out ../bundled.gguf]
"""

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch

import tokenizer as tok

HERE = Path(__file__).parent
NAMES = {"q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down", "attention_norm": "attn_norm", "ffn_norm": "ffn_norm"}


def reorder(weight: np.ndarray, heads: int) -> np.ndarray:
    """From rotated halves (i, i + half) to llama.cpp's rotated neighbours (2i, 2i + 1)."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--checkpoint", type=Path, default=HERE / "data" / "checkpoint.pt")
    parser.add_argument("--out", type=Path, default=HERE.parent / "bundled.gguf")
    options = parser.parse_args()
    saved = torch.load(options.checkpoint, weights_only=True)
    config, weights = saved["config"], {k: v.float().numpy() for k, v in saved["model"].items()}

    writer = gguf.GGUFWriter(str(options.out), "llama")
    writer.add_type("model")
    writer.add_name("chatstream-bundled")
    writer.add_basename("chatstream-bundled")
    writer.add_author("chatstream contributors")
    writer.add_organization("chatstream")
    writer.add_version("1")
    writer.add_license("mit")
    writer.add_license_name("MIT")
    writer.add_description("A very small chat model in English and Japanese, for testing queues and load, not for answers.")
    writer.add_languages(["en", "ja"])
    writer.add_tags(["text-generation", "test"])
    writer.add_size_label(f"{sum(w.size for w in weights.values()) / 1e6:.1f}M")
    writer.add_vocab_size(config["vocab"])
    writer.add_context_length(config["context"])
    writer.add_embedding_length(config["width"])
    writer.add_block_count(config["layers"])
    writer.add_feed_forward_length(config["hidden"])
    writer.add_head_count(config["heads"])
    writer.add_head_count_kv(config["kv_heads"])
    writer.add_layer_norm_rms_eps(config["epsilon"])
    writer.add_rope_dimension_count(config["width"] // config["heads"])
    writer.add_rope_freq_base(config["rope_base"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)

    model = json.loads(tok.PATH.read_text(encoding="utf-8"))["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    special = {tok.END_OF_TEXT, tok.START, tok.END}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if t in special else gguf.TokenType.NORMAL for t in tokens])
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in model["merges"]])
    writer.add_bos_token_id(model["vocab"][tok.END_OF_TEXT])
    writer.add_eos_token_id(model["vocab"][tok.END])
    writer.add_eot_token_id(model["vocab"][tok.END])
    writer.add_pad_token_id(model["vocab"][tok.END_OF_TEXT])
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(tok.TEMPLATE)

    def matrix(name: str, data: np.ndarray) -> None:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(np.ascontiguousarray(data), kind), raw_dtype=kind)

    matrix("token_embd.weight", weights["embedding.weight"])
    for i in range(config["layers"]):
        for ours, theirs in NAMES.items():
            data = weights[f"blocks.{i}.{ours}.weight"]
            if ours in "qk":
                data = reorder(data, config["heads"] if ours == "q" else config["kv_heads"])
            if data.ndim == 1:
                writer.add_tensor(f"blk.{i}.{theirs}.weight", data)
            else:
                matrix(f"blk.{i}.{theirs}.weight", data)
    writer.add_tensor("output_norm.weight", weights["norm.weight"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(options.out.name, options.out.stat().st_size, "bytes,", sum(w.size for w in weights.values()), "parameters")


if __name__ == "__main__":
    main()
