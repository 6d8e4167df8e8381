"""python -m sandbox --world small --port 5000 --speed 360 --state DIR: serve a simulated organization on 127.0.0.1."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

from sandbox.engine.trust import access_key
from sandbox.engine.world import World
from sandbox.saving import load, save
from sandbox.transport import serve
from sandbox.wire import Sandbox
from sandbox.worlds import WORLDS, open_world, stock

TICK_SECONDS = 0.25
SAVE_SECONDS = 10.0


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; with --state the world is saved and found again."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asked = _read_arguments()
    saved = asked.state / f"{Path(asked.world).stem}.world" if asked.state else None
    try:
        sandbox = _open(asked.world, asked.speed, saved)
        if asked.enforce_iam is not None:
            sandbox.world.enforces_iam = asked.enforce_iam
        if asked.faults:
            sandbox.faults.clear()
            sandbox.faults.read(asked.faults)
    except (ValueError, OSError) as wrong:
        raise SystemExit(f"python -m sandbox: {wrong}") from wrong
    server = serve(sandbox, asked.port)
    ended = threading.Event()
    keeper = threading.Thread(target=_keep, args=(sandbox.world, saved, ended), daemon=True)
    keeper.start()
    signal.signal(signal.SIGTERM, _interrupt)
    logging.info("the sandbox listens on http://127.0.0.1:%s", server.effective_port)
    logging.info("its management account's access key is %s", access_key(sandbox.world.organization.management_id))
    try:
        server.run()
    finally:
        ended.set()
        keeper.join()
        if saved:
            save(sandbox.world, saved)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A simulated AWS organization on 127.0.0.1.")
    names = ", ".join(WORLDS)
    parser.add_argument("--world", default="small", help=f"{names}, or the path of a .toml file or of a saved world")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--speed", type=float, default=1.0, help="sandbox seconds in a real second")
    parser.add_argument("--faults", type=Path, help="a JSON file with the list of planned faults")
    parser.add_argument(
        "--enforce-iam", action=argparse.BooleanOptionalAction, help="refuse callers what their policies do not allow"
    )
    parser.add_argument("--state", type=Path, help="a folder to keep the world in")
    return parser.parse_args()


def _open(name: str, speed: float, saved: Path | None) -> Sandbox:
    """The world as it was kept, or from its beginning."""
    if saved and saved.exists():
        world = load(saved)
        world.clock.set_speed(speed)
    else:
        world = open_world(name, datetime.now(UTC), speed)
    sandbox = Sandbox(world)
    stock(world)
    return sandbox


def _keep(world: World, saved: Path | None, ended: threading.Event) -> None:
    """Let time pass also when nobody asks, and save now and then."""
    waited = 0.0
    while not ended.wait(TICK_SECONDS):
        world.tick()
        waited += TICK_SECONDS
        if saved and waited >= SAVE_SECONDS:
            save(world, saved)
            waited = 0.0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
