"""The demo: everything on this machine, as separate processes, with virtual devices and invented people."""

from gateway.demo.run import run_demo

__all__ = ["run_demo"]
