"""Which activities a worker runs, made with what they need. The one place that knows all of them."""

from __future__ import annotations

from activities.addresses import AddressesError, load_addresses
from activities.courier import Courier
from activities.handoffs.client import PartnerClients
from activities.handoffs.steps import HandoffSteps
from activities.messaging.channels import open_channels
from activities.records.ledger import Ledger
from activities.records.registry import Plans
from activities.sweep import Sweep
from activities.tick import TickActivity
from worker.client import Journeys
from worker.fleet import Registry
from worker.problems import Problem
from worker.settings import Settings
from worker.waker import Rouse, Waker


def make_registry(ledger: Ledger, settings: Settings, journeys: Journeys) -> Registry:
    """The activities over real records, partners and channels.

    Raises:
        Problem: the file of addresses, or the mail server's address, cannot be used.
    """
    try:
        addresses = load_addresses(settings.partners)
    except AddressesError as error:
        raise Problem("E-SETTING-VALUE", name="CAREPATH_PARTNERS", reason=str(error)) from error
    try:
        channels = open_channels(addresses, settings.smtp_url.get_secret_value())
    except ValueError as error:
        # Its text may hold the password: only the name of the setting is told.
        raise Problem("E-SETTING-VALUE", name="CAREPATH_SMTP_URL", reason=type(error).__name__) from None
    partners = PartnerClients(addresses)
    waker = Waker(ledger.store, journeys)
    plans = Plans(ledger.store)
    return Registry(
        journey=[TickActivity(ledger, plans).tick, HandoffSteps(ledger, partners, plans, waker).step],
        courier=[Courier(ledger, channels, waker).pump, Sweep(ledger).sweep, Rouse(waker).rouse],
        closing=[channels.close, partners.close],
    )
