"""The database: its engine, and a port of it for each capability."""

from __future__ import annotations

from oslo_config import cfg

from concertim_api.db import connections, schema
from concertim_api.db import engine as engines
from concertim_api.db.billing.accounts import SqlAccounts
from concertim_api.db.billing.balances import SqlBalances
from concertim_api.db.billing.credits import SqlCredits
from concertim_api.db.billing.invoices import SqlInvoices
from concertim_api.db.billing.orders import SqlOrders
from concertim_api.db.billing.postings import SqlPostings
from concertim_api.db.billing.records import SqlRecords
from concertim_api.db.billing.settlements import SqlSettlements
from concertim_api.db.billing.tariffs import SqlTariffs
from concertim_api.db.billing.usage import SqlBilledUsage
from concertim_api.db.bulk import bulk
from concertim_api.db.jobs import SqlJobs
from concertim_api.db.keys import SqlKeys
from concertim_api.db.ledger.dead_letters import SqlDeadLetters
from concertim_api.db.ledger.erasures import SqlErasures
from concertim_api.db.ledger.feed import SqlFeed
from concertim_api.db.ledger.histories import SqlHistories
from concertim_api.db.ledger.queries import SqlLedgerReader
from concertim_api.db.ledger.refreshes import RefreshStatements, SqlRefreshes
from concertim_api.db.ledger.running import SqlSyncReader
from concertim_api.db.ledger.transaction import (
    SqlLedgerTransactions,
    Statements,
)
from concertim_api.db.ledger.usage import SqlUsage
from concertim_api.db.listeners import SqlHeartbeats
from concertim_api.db.operations import SqlOperations
from concertim_api.db.push.bindings import SqlBindings
from concertim_api.db.transactions import Transactions
from concertim_api.db.view.queries import SqlView
from concertim_api.db.view.work import SqlProjection, ViewStatements
from concertim_api.domain.errors import OutOfOrder


class SqlStore:
    """The database of [database]. Threads may share it.

    Each attribute implements the ports of one capability: ``bootstrap``
    hands them to those who use them.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.engine = engines.create(conf)
        many = bulk(self.engine.dialect)
        transactions = Transactions(self.engine)
        asks = RefreshStatements(many)
        self.transactions = SqlLedgerTransactions(
            transactions, Statements(many)
        )
        self.ledger = SqlLedgerReader(transactions)
        self.histories = SqlHistories(transactions)
        self.erasures = SqlErasures(transactions)
        self.usage = SqlUsage(transactions)
        self.feed = SqlFeed(transactions)
        self.billed_usage = SqlBilledUsage(transactions)
        self.sync = SqlSyncReader(transactions)
        self.dead_letters = SqlDeadLetters(transactions)
        self.refreshes = SqlRefreshes(transactions, asks)
        self.view = SqlView(transactions)
        self.projection = SqlProjection(
            transactions, ViewStatements(many, asks)
        )
        self.bindings = SqlBindings(transactions, many)
        self.operations = SqlOperations(transactions)
        self.accounts = SqlAccounts(transactions)
        self.orders = SqlOrders(transactions)
        self.settlements = SqlSettlements(transactions)
        self.invoices = SqlInvoices(transactions)
        self.credits = SqlCredits(transactions)
        self.balances = SqlBalances(transactions)
        self.postings = SqlPostings(transactions)
        self.records = SqlRecords(transactions)
        self.jobs = SqlJobs(transactions)
        self.heartbeats = SqlHeartbeats(transactions)
        self.keys = SqlKeys(transactions)
        self.tariffs = SqlTariffs(transactions)
        self._look = transactions.look
        self._no_tables = transactions.no_tables

    def close(self) -> None:
        """Close all connections; what comes later opens new ones."""
        self.engine.dispose()

    def check(self) -> None:
        """Raise Unavailable if the database can not be used.

        2 statements, and one more if it has lost a table.
        """
        revision = self._look(schema.intact)
        if revision is None:
            raise self._no_tables()
        if not schema.serves(revision):
            raise OutOfOrder(
                f"the database has schema {revision}, not "
                f"{schema.head()}: run concertim-manage db sync"
            )

    def shortages(self, most: float) -> list[str]:
        """Return a sentence for each limit of connections below ``most``."""
        name = self.engine.dialect.name
        return self._look(
            lambda c: [*connections.shortages(c.connection, name, most)]
        )
