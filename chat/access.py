"""The endpoint of a model, by flags or by variables: its address, name and key.

    endpoint = find_endpoint(url=None, model=None, key_variable=None, environment=os.environ)

The variables are those that scripts on model hubs use: API_BASE_URL, MODEL_NAME and HF_TOKEN. There is no default, so
nothing is sent anywhere by accident.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import AnyHttpUrl, TypeAdapter, ValidationError

from .errors import EndpointError

if TYPE_CHECKING:
    from .endpoint import Endpoint

URL_VARIABLE, MODEL_VARIABLE, KEY_VARIABLE = "API_BASE_URL", "MODEL_NAME", "HF_TOKEN"
_HUB = "huggingface.co"
_URL = TypeAdapter(AnyHttpUrl)


def find_endpoint(
    url: str | None, model: str | None, key_variable: str | None, environment: Mapping[str, str], **options: Any
) -> "Endpoint":
    """Find a model from what was given, else from the environment.

    Args:
        url: Of the API; None for API_BASE_URL.
        model: As the endpoint names it; None for MODEL_NAME.
        key_variable: The variable that holds the key. None for HF_TOKEN, which is sent to API_BASE_URL and to the hub
            that issued it, but to no other URL.
        environment: The variables.
        **options: Of the `Endpoint`.

    Raises:
        EndpointError: Something is missing; the sentence says what to give.
    """
    from .endpoint import Endpoint  # here, since importing `openai` takes a second

    base_url = url or environment.get(URL_VARIABLE, "").strip()
    if not base_url:
        raise EndpointError(f"There is no endpoint: give --model-url or set {URL_VARIABLE}.")
    try:
        parsed = _URL.validate_python(base_url)
    except ValidationError:
        # Without the URL, which may hold a password.
        raise EndpointError(
            "The endpoint's URL must start with http:// or https://, then name a host and, where there is one, the "
            "number of a port, as in http://127.0.0.1:11434/v1."
        ) from None
    name = model or environment.get(MODEL_VARIABLE, "").strip()
    if not name:
        raise EndpointError(f"No model is named: give --model or set {MODEL_VARIABLE}.")
    if key_variable is not None:
        key = environment.get(key_variable, "").strip()
        if not key:
            named = f"the variable {key_variable}"
            if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", key_variable):  # it may be the key itself
                named = "the variable whose name is given (it takes a name such as MY_KEY, not the key itself)"
            raise EndpointError(f"There is no key: {named} is not set.")
    else:
        ours = url is None or f".{parsed.host}".endswith(f".{_HUB}")
        key = environment.get(KEY_VARIABLE, "").strip() if ours else ""
    if not (key.isascii() and key.isprintable()):
        raise EndpointError(f"The key in {key_variable or KEY_VARIABLE} is none: it holds characters that no key has.")
    return Endpoint(str(parsed), name, key or None, **options)
