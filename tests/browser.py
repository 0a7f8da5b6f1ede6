"""A browser in tests: what is asked of it, in few words."""

import json
from pathlib import Path
from typing import Any


class Browser:
    """One browser; what a test asks of it in few words."""

    def __init__(self, driver: Any) -> None:  # noqa: ANN401  selenium is there only where chromium is
        self.driver = driver

    def open(self, page: Path, width: int = 1200, height: int = 800, *, phone: bool = False, at: str = "") -> None:
        """Load a page, at #`at`, in a window of that size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": phone})
        self.driver.get("about:blank")
        self.driver.get_log("performance")
        self.driver.get(page.as_uri() + at)
        self.until("document.readyState === 'complete'")
        self.settle()

    def ask(self, script: str) -> Any:  # noqa: ANN401
        """The value of a JavaScript expression."""
        return self.driver.execute_script(f"return {script}")

    def until(self, condition: str) -> None:
        """Wait for it to hold; pictures are decoded in the background."""
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 10, poll_frequency=0.02).until(lambda _: self.ask(condition), condition)

    def settle(self) -> None:
        """Wait for two frames: one to lay out what the page has shown and hidden, one for the stage to follow."""
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def hold(self, kind: str, *points: tuple[float, float]) -> None:
        """A touch event: touchStart, touchMove with all fingers, touchEnd with those that stay."""
        fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    def complaints(self) -> list[str]:
        """What the console said since the last question."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [message for message in messages if message["method"] == "Network.requestWillBeSent"]
        return [message["params"]["request"]["url"] for message in sent]
