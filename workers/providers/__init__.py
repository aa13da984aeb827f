"""Providers carry a delivery to its address: one file each, and one line in `PROVIDERS`."""

from collections.abc import Callable
from pkgutil import resolve_name

from domain.channels import Channel
from storage.settings import Settings, SettingsError
from workers.providers.outcomes import Provider
from workers.providers.unserved import Unserved

Opens = Callable[[Settings, Channel], Provider]


def _serving(channel: Channel, where: str) -> Opens:
    """Return what opens a provider that can serve this channel only; its module is imported when it is opened."""

    def open_provider(settings: Settings, wanted: Channel) -> Provider:
        if wanted is not channel:
            raise SettingsError(f"the provider serves {channel}, not {wanted}")
        opens: Callable[[Settings], Provider] = resolve_name(f"{__name__}.{where}.open")
        return opens(settings)

    return open_provider


def _serving_any(where: str) -> Opens:
    """Return what opens a provider that can serve each channel."""

    def open_provider(settings: Settings, wanted: Channel) -> Provider:
        opens: Opens = resolve_name(f"{__name__}.{where}.open")
        return opens(settings, wanted)

    return open_provider


PROVIDERS: dict[str, Opens] = {
    "smtp": _serving(Channel.EMAIL, "smtp:SmtpProvider"),
    "folder": _serving(Channel.EMAIL, "folder:FolderProvider"),
    "web_push": _serving(Channel.PUSH, "web_push:WebPushProvider"),
    "webhook": _serving(Channel.WEBHOOK, "webhook:WebhookProvider"),
    "console": _serving_any("console:ConsoleProvider"),
}
"""Who can serve a channel, by the name that SEATLINE_PROVIDERS gives."""


def opened(settings: Settings) -> dict[Channel, Provider]:
    """Return who serves each channel by these settings; nothing is connected yet.

    A channel whose provider is unknown or not set up is served by `Unserved`, which gives up each delivery with the
    reason, so that the other channels go on.
    """
    return {Channel(channel): _opened(Channel(channel), name, settings) for channel, name in settings.providers.items()}


def _opened(channel: Channel, name: str, settings: Settings) -> Provider:
    opens = PROVIDERS.get(name)
    if opens is None:
        known = ", ".join(sorted(PROVIDERS))
        return Unserved(name, channel, f"SEATLINE_PROVIDERS names {name!r} for {channel}; it must be one of {known}.")
    try:
        return opens(settings, channel)
    except SettingsError as error:
        return Unserved(name, channel, f"{channel} cannot be sent by {name}: {error}")
