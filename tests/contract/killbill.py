"""A Kill Bill in a thread, which answers as a real one was seen to.

It bills usage in arrear by the month, with the statuses, codes and traps of
Kill Bill 0.24: duplicates that are only refused one after the other, accounts
that are parked, sums that can be read back. What is not asked by us is not
here. ``tests/contract/test_billing.py`` runs on both.
"""

import base64
import calendar
import collections
import decimal
import json
import re
import threading
import time
import uuid
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

CENT = Decimal("0.01")
PARK = "00000000-0000-0001-0000-000000000001"

#: Months before the last one whose usage is still looked at.
PREVIOUS_PERIODS = 2


class Refused(Exception):
    def __init__(self, status, code=None, name="", message="", cause=None):
        super().__init__(message)
        self.status = status
        self.document = {
            "className": f"org.killbill.{name}",
            "code": code,
            "message": message,
            "causeClassName": cause,
            "causeMessage": None,
            "stackTrace": [],
        }


class Page(Exception):
    """An answer of the container, which is no JSON."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Tenant:
    def __init__(self):
        self.catalog = None
        self.accounts = {}
        self.orders = {}
        self.usage = collections.defaultdict(list)
        self.tracking_ids = collections.defaultdict(set)
        self.invoices = []


class State:
    """All tenants, and the clock that they share."""

    def __init__(self):
        self.now = datetime(2025, 1, 1, 12, tzinfo=UTC)
        self.tenants = {}
        self.lock = threading.Lock()


def month_of(day):
    return day.replace(day=1)


def next_month(day):
    length = calendar.monthrange(day.year, day.month)[1]
    return date.fromordinal(month_of(day).toordinal() + length)


def money(amount):
    return amount.quantize(CENT, decimal.ROUND_HALF_UP)


class Api:
    """The routes, by pattern."""

    def __init__(self, state):
        self.state = state

    def __call__(self, method, path, query, headers, body):
        if path == "/1.0/healthcheck":
            return 200, {"main": {"healthy": True}}, ""
        path = path.removeprefix("/1.0/kb")
        if method != "GET" and "X-Killbill-CreatedBy" not in headers:
            raise Page(400)
        if method == "POST" and path == "/tenants":
            key = body["apiKey"]
            self.state.tenants[key, body["apiSecret"]] = Tenant()
            return 201, None, f"/tenants/{uuid.uuid4()}"
        login = base64.b64decode(headers["Authorization"].split()[1])
        if login != b"admin:password":
            raise Page(401)
        key = (
            headers.get("X-Killbill-ApiKey"),
            headers.get("X-Killbill-ApiSecret"),
        )
        if key not in self.state.tenants:
            raise Page(401)
        tenant = self.state.tenants[key]
        for verb, pattern, name in ROUTES:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                return getattr(self, name)(
                    tenant, query, body, *found.groups()
                )
        raise Page(404)

    # The clock.

    def clock(self, tenant, query, body):
        if "requestedDate" in query:
            moment = datetime.fromisoformat(query["requestedDate"])
            assert moment >= self.state.now
            self.state.now = moment
        return 200, {"currentUtcTime": self.state.now.isoformat()}, ""

    def queues(self, tenant, query, body):
        return 200, None, ""

    # The catalogue.

    def upload(self, tenant, query, body):
        root = ET.fromstring(body)
        plans = []
        for plan in root.iter("plan"):
            if "name" not in plan.attrib:
                continue
            usages = [
                {"tiers": [{"blocks": [_block(block)]}]}
                for block in plan.iter("tieredBlock")
            ]
            plans.append(
                {"name": plan.attrib["name"], "phases": [{"usages": usages}]}
            )
        tenant.catalog = [{"products": [{"plans": plans}]}]
        return 201, None, "/catalog"

    def catalog(self, tenant, query, body):
        return 200, tenant.catalog or [], ""

    # Accounts.

    def account(self, tenant, query, body):
        for account in tenant.accounts.values():
            if account["externalKey"] == query["externalKey"]:
                return 200, self._with_balance(tenant, account), ""
        raise Refused(404, 3003, "AccountApiException", "no account")

    def make_account(self, tenant, query, body):
        keys = {each["externalKey"] for each in tenant.accounts.values()}
        if body["externalKey"] in keys:
            raise Refused(409, 3000, "AccountApiException", "exists")
        account_id = str(uuid.uuid4())
        tenant.accounts[account_id] = {
            **body,
            "accountId": account_id,
            "tags": [],
        }
        return 201, None, f"/accounts/{account_id}"

    def _with_balance(self, tenant, account):
        balance = sum(
            item["amount"]
            for invoice in tenant.invoices
            if invoice["accountId"] == account["accountId"]
            and invoice["status"] != "VOID"
            for item in invoice["items"]
        )
        return {**account, "accountBalance": balance}

    def tags(self, tenant, query, body, account_id):
        tags = tenant.accounts[account_id]["tags"]
        return 200, [{"tagDefinitionId": tag} for tag in tags], ""

    def make_tags(self, tenant, query, body, account_id):
        tags = tenant.accounts[account_id]["tags"]
        tags += [tag for tag in body if tag not in tags]
        return 201, None, "/tags"

    # Orders.

    def bundles(self, tenant, query, body, account_id):
        orders = [
            order
            for order in tenant.orders.values()
            if order["accountId"] == account_id
        ]
        return 200, [{"subscriptions": [order]} for order in orders], ""

    def make_order(self, tenant, query, body):
        key = body["externalKey"]
        for order in tenant.orders.values():
            if order["externalKey"] == key:
                if order["state"] == "ACTIVE":
                    raise Refused(400, 1015, "SubscriptionBaseApiException")
                raise Refused(
                    500,
                    None,
                    "x",
                    cause="java.sql.IntegrityConstraintViolation",
                )
        plans = tenant.catalog[-1]["products"][0]["plans"]
        if body["planName"] not in {plan["name"] for plan in plans}:
            raise Refused(400, 2021, "CatalogApiException", "no such plan")
        order_id = str(uuid.uuid4())
        tenant.orders[order_id] = {
            **body,
            "subscriptionId": order_id,
            "billingStartDate": query["billingDate"],
            "billingEndDate": None,
            "state": "ACTIVE",
        }
        return 201, None, f"/subscriptions/{order_id}"

    def cancel(self, tenant, query, body, order_id):
        order = tenant.orders[order_id]
        if order["state"] != "ACTIVE":
            raise Refused(500, 1031, "EntitlementApiException")
        order.update(
            state="CANCELLED", billingEndDate=self.state.now.isoformat()
        )
        return 204, None, ""

    # Usage.

    def record(self, tenant, query, body):
        order_id, tracking_id = body["subscriptionId"], body["trackingId"]
        if order_id not in tenant.orders:
            raise Refused(404, None, "ObjectDoesNotExist")
        if tracking_id in tenant.tracking_ids[order_id]:
            raise Refused(400, 50000, "UsageApiException", "exists")
        end = _end(tenant.orders[order_id])
        for unit in body["unitUsageRecords"]:
            for each in unit["usageRecords"]:
                if date.fromisoformat(each["recordDate"]) > end:
                    raise Page(400)
        time.sleep(0.002)  # check, then insert: without an index
        tenant.tracking_ids[order_id].add(tracking_id)
        for unit in body["unitUsageRecords"]:
            for each in unit["usageRecords"]:
                day = date.fromisoformat(each["recordDate"])
                amount = Decimal(each["amount"])
                record = (unit["unitType"], day, amount, tracking_id)
                tenant.usage[order_id].append(record)
        return 201, None, ""

    def sums(self, tenant, query, body, order_id):
        first = date.fromisoformat(query["startDate"])
        end = date.fromisoformat(query["endDate"])
        sums = collections.defaultdict(Decimal)
        for unit, day, amount, _ in tenant.usage[order_id]:
            if first <= day < end:
                sums[unit] += amount
        units = [{"unitType": u, "amount": n} for u, n in sums.items()]
        return 200, {"rolledUpUnits": units}, ""

    # Invoices.

    def list_invoices(self, tenant, query, body, account_id):
        mine = [
            invoice
            for invoice in tenant.invoices
            if invoice["accountId"] == account_id
        ]
        return 200, mine, ""

    def bill(self, tenant, query, body):
        account_id = query["accountId"]
        target = date.fromisoformat(query["targetDate"])
        invoice = self._invoice(account_id)
        for order in tenant.orders.values():
            if order["accountId"] == account_id:
                self._bill_order(tenant, order, target, invoice)
        tags = tenant.accounts[account_id]["tags"]
        if PARK in tags:
            tags.remove(PARK)
        if not invoice["items"]:
            raise Page(404)
        tenant.invoices.append(invoice)
        return 201, None, f"/invoices/{invoice['invoiceId']}"

    def _bill_order(self, tenant, order, target, invoice):
        start = date.fromisoformat(order["billingStartDate"][:10])
        ends, month = [], month_of(start)
        while next_month(month) <= target:
            ends.append(month)
            month = next_month(month)
        for month in ends[-1 - PREVIOUS_PERIODS :]:
            sums = collections.defaultdict(Decimal)
            ids = set()
            for unit, day, amount, tracking_id in tenant.usage[
                order["subscriptionId"]
            ]:
                is_alive = start <= day <= _end(order)
                if is_alive and month_of(day) == month:
                    sums[unit] += amount
                    ids.add(tracking_id)
            for unit, amount in sums.items():
                self._bill_unit(tenant, order, month, unit, amount, invoice)
            invoice["trackingIds"] += sorted(ids)

    def _bill_unit(self, tenant, order, month, unit, amount, invoice):
        billed = [
            item
            for each in tenant.invoices
            if each["status"] != "VOID"
            for item in each["items"]
            if item["itemType"] == "USAGE"
            and item["subscriptionId"] == order["subscriptionId"]
            and item["month"] == str(month)
            and item["unit"] == unit
        ]
        rest = amount - sum(item["quantity"] for item in billed)
        if rest < 0:
            tags = tenant.accounts[order["accountId"]]["tags"]
            tags += [PARK] if PARK not in tags else []
            raise Refused(
                500,
                None,
                "IllegalStateException",
                "Expected usage to contain at least as much as current usage",
            )
        if billed and not money(rest):
            return
        start = max(month, date.fromisoformat(order["billingStartDate"][:10]))
        tier = {
            "tierUnit": unit,
            "tierBlockSize": 0.0001,
            "quantity": float(rest * 10000),
            "amount": float(rest),
        }
        details = {"tierDetails": [tier], "amount": float(rest)}
        self._add(
            invoice,
            "USAGE",
            money(rest),
            subscriptionId=order["subscriptionId"],
            startDate=str(start),
            month=str(month),
            unit=unit,
            quantity=rest,
            itemDetails=json.dumps(details),
        )

    def void(self, tenant, query, body, invoice_id):
        for invoice in tenant.invoices:
            if invoice["invoiceId"] == invoice_id:
                invoice["status"] = "VOID"
        return 204, None, ""

    def adjust(self, tenant, query, body, invoice_id):
        [invoice] = [
            i for i in tenant.invoices if i["invoiceId"] == invoice_id
        ]
        [item] = [
            item
            for item in invoice["items"]
            if item["invoiceItemId"] == body["invoiceItemId"]
        ]
        amount = Decimal(body["amount"])
        taken = sum(
            -each["amount"]
            for each in invoice["items"]
            if each["linkedInvoiceItemId"] == item["invoiceItemId"]
        )
        if not 0 < amount <= item["amount"] - taken:
            raise Refused(400, 4012, "InvoiceApiException", "too much")
        self._add(
            invoice,
            "ITEM_ADJ",
            -amount,
            description=body["description"],
            linkedInvoiceItemId=item["invoiceItemId"],
        )
        return 201, None, f"/invoices/{invoice_id}"

    def charge(self, tenant, query, body, account_id):
        self._by_hand(tenant, account_id, body, "EXTERNAL_CHARGE", 1)
        return 200, body, ""

    def credit(self, tenant, query, body):
        self._by_hand(tenant, body[0]["accountId"], body, "CREDIT_ADJ", -1)
        return 200, body, ""

    def _by_hand(self, tenant, account_id, body, kind, sign):
        invoice = self._invoice(account_id)
        for each in body:
            amount = Decimal(each["amount"])
            if amount < 0:
                raise Refused(400, 4009, "InvoiceApiException", "not positive")
            if each["currency"] != tenant.accounts[account_id]["currency"]:
                raise Refused(400, 3, "InvoiceApiException", "currency")
            text = each["description"]
            if len(text) > 255:
                raise Refused(
                    500, None, "x", "too long", "org.h2.JdbcSQLDataException"
                )
            self._add(invoice, kind, sign * amount, description=text)
        tenant.invoices.append(invoice)

    def _invoice(self, account_id):
        return {
            "invoiceId": str(uuid.uuid4()),
            "accountId": account_id,
            "status": "COMMITTED",
            "items": [],
            "trackingIds": [],
        }

    def _add(self, invoice, kind, amount, **values):
        invoice["items"].append(
            {
                "invoiceItemId": str(uuid.uuid4()),
                "invoiceId": invoice["invoiceId"],
                "itemType": kind,
                "amount": amount,
                "subscriptionId": None,
                "startDate": str(self.state.now.date()),
                "description": None,
                "itemDetails": None,
                "linkedInvoiceItemId": None,
                **values,
            }
        )


def _end(order):
    moment = order["billingEndDate"]
    return date.fromisoformat(moment[:10]) if moment else date.max


def _block(block):
    price = block.find("prices/price")
    return {
        "unit": block.findtext("unit"),
        "size": block.findtext("size"),
        "prices": [
            {
                "currency": price.findtext("currency"),
                "value": price.findtext("value"),
            }
        ],
    }


ROUTES = (
    ("POST", "/test/clock", "clock"),
    ("GET", "/test/clock", "clock"),
    ("GET", "/test/queues", "queues"),
    ("POST", "/catalog/xml", "upload"),
    ("GET", "/catalog", "catalog"),
    ("GET", "/accounts", "account"),
    ("POST", "/accounts", "make_account"),
    ("GET", "/accounts/([^/]+)/tags", "tags"),
    ("POST", "/accounts/([^/]+)/tags", "make_tags"),
    ("GET", "/accounts/([^/]+)/bundles", "bundles"),
    ("GET", "/accounts/([^/]+)/invoices", "list_invoices"),
    ("POST", "/subscriptions", "make_order"),
    ("DELETE", "/subscriptions/([^/]+)", "cancel"),
    ("POST", "/usages", "record"),
    ("GET", "/usages/([^/]+)", "sums"),
    ("POST", "/invoices", "bill"),
    ("PUT", "/invoices/([^/]+)/voidInvoice", "void"),
    ("POST", "/invoices/charges/([^/]+)", "charge"),
    ("POST", "/invoices/([^/]+)", "adjust"),
    ("POST", "/credits", "credit"),
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._answer()

    do_POST = do_PUT = do_DELETE = do_GET

    def _answer(self):
        parts = urlsplit(self.path)
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_json = "json" in self.headers.get("Content-Type", "")
        body = json.loads(text) if text and is_json else text
        query = dict(parse_qsl(parts.query))
        try:
            status, document, location = self.server.api(
                self.command, parts.path, query, self.headers, body
            )
        except Refused as exc:
            status, document, location = exc.status, exc.document, ""
        except Page as exc:
            self._send(exc.status, b"<html>", "text/html", "")
            return
        text = b"" if document is None else _json(document)
        self._send(status, text, "application/json", location)

    def _send(self, status, text, kind, location):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        if location:
            self.send_header("Location", self.server.url + location)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def _json(document):
    """Numbers as Kill Bill writes them, with all their decimals."""

    def plain(value):
        if isinstance(value, Decimal):
            return f"\0{value:f}\0"
        if isinstance(value, date):
            return str(value)
        raise TypeError(value)

    text = json.dumps(document, default=plain)
    return re.sub(r'"\\u0000(.*?)\\u0000"', r"\1", text).encode()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.api = Api(State())
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()
