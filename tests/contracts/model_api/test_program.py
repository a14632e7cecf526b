"""The stand-in as a program: options in, one line out, ended by a signal."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
import requests
from openai import OpenAI

from tests.contracts.model_api.asking import PLATING, messages


def test_it_serves_until_told_to_end() -> None:
    options = ["--latency-ms", "1", "--rpm", "7", "--price", "*=1000000/1000000"]
    fault = ["--fault", '{"fault": "formula", "text": "+1", "next": 1}']
    process = subprocess.Popen(
        [sys.executable, "-m", "backend.local.model", "--port", "0", *options, *fault],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["listening"]
            with OpenAI(api_key="sk-x", base_url=f"{url}/v1", max_retries=0, timeout=5) as client:
                answer = client.chat.completions.create(
                    model="gpt-5-nano",
                    messages=messages(PLATING),  # type: ignore[arg-type]
                )
            assert json.loads(answer.choices[0].message.content or "")["category"] == "+1"
            told = requests.get(f"{url}/_standin/status", timeout=5).json()
            assert answer.usage is not None
            assert told["billed_microusd"] == answer.usage.total_tokens
            assert told["rpm"] == 7
            assert "model stand-in" in requests.get(f"{url}/_standin/", timeout=5).text
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (["--fault", '{"fault": "sulks", "next": 1}'], "argument --fault: no rule: Input should be"),
        (["--fault", '{"fault": "cut"}'], "give exactly one of next, probability, when"),
        (["--price", "cheap"], "is no price; write MODEL=PROMPT/COMPLETION"),
    ],
)
def test_a_wrong_option_is_one_clear_sentence(option: list[str], says: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "backend.local.model", *option], capture_output=True, text=True, timeout=20
    )
    assert ended.returncode == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
