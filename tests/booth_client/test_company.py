"""Who takes part in a visit, at the booth: by the server's word, and by what the physician says on the connection."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from booth_client.company import Agreed, Company
from certs_example.make import make
from signalling import messages as m
from signalling.binding import Signer
from signalling.errors import BindingError, Flaw
from signalling.roster import Entry, Roster, make_roster
from signalling.side import Endpoint, Role
from tests.peers.doctor import people_of
from tests.peers.webrtc_people import People

CALL = "8d0f0000-0000-4000-8000-000000000001"
BOOTH, AMINA, PAUL = "urn:teleborne:booth:caudry-03", "urn:teleborne:guest:amina", "urn:teleborne:guest:paul"
WANTED = frozenset(Agreed(subject=each, name=each[-5:], part="helper") for each in (AMINA, PAUL))


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return people_of(make(tmp_path_factory.mktemp("certificates")), rpps="10001234567", name="Dr Claire Martin")


@pytest.fixture
def company(people: People) -> Company:
    made = Company(people.anchors, now=lambda: datetime.now(UTC))
    made.begin(WANTED)
    return made


def roster(signer: Signer, number: int, *others: str) -> str:
    entries = (
        Entry(subject=BOOTH, name="", part="booth"),
        Entry(subject=signer.subject, name="Dr Claire Martin", part="physician"),
        *(Entry(subject=each, name=each[-5:], part="helper") for each in others),
    )
    return make_roster(signer, Roster(call=CALL, number=number, entries=entries))


def admitted(people: People, token: str | None) -> m.Admitted:
    physician = m.Party(
        participant="p-2", role=Role.PHYSICIAN, subject=people.physician.subject, name="", endpoints=list(Endpoint),
        present=True, generations={},
    )  # fmt: skip
    return m.Admitted(you="p-1", peers=[physician], ice_servers=[], roster=token)


def there(company: Company) -> list[str]:
    return [entry.subject for entry in company.entries]


def test_whom_the_physician_leaves_out_is_out_though_the_server_keeps_the_roster_back(
    people: People, company: Company
) -> None:
    told: list[list[str]] = []
    company.listen(lambda: told.append(there(company)))
    first = roster(people.physician, 1, AMINA, PAUL)
    company.take(CALL, admitted(people, first))
    company.hear(first)
    assert (there(company), told) == ([AMINA, PAUL], [])
    company.hear(roster(people.physician, 2, PAUL))
    assert (there(company), told) == ([PAUL], [[PAUL]])
    company.take(CALL, admitted(people, first))
    company.hear(first)
    assert (there(company), len(told)) == ([PAUL], 1)
    assert company.subjects[2:] == (AMINA, PAUL), "connections are made by what the server brings to both ends"
    company.take(CALL, admitted(people, roster(people.physician, 2, PAUL)))
    assert company.subjects[2:] == (PAUL,)
    with pytest.raises(BindingError) as caught:
        company.take(CALL, admitted(people, first))
    assert caught.value.flaw is Flaw.ROSTER


def test_a_roster_on_the_connection_lets_nobody_in(people: People, company: Company) -> None:
    company.take(CALL, admitted(people, None))
    company.hear(roster(people.physician, 1, AMINA))
    assert there(company) == []
    company.take(CALL, admitted(people, roster(people.physician, 2, AMINA)))
    assert there(company) == [AMINA]


@pytest.mark.parametrize("whose", ["stranger", "nobody whom the patient wants"])
def test_a_roster_that_does_not_hold_is_a_flaw_on_the_connection_too(
    people: People, company: Company, whose: str
) -> None:
    company.take(CALL, admitted(people, None))
    false = roster(people.stranger, 1, AMINA) if whose == "stranger" else roster(people.physician, 1, f"{AMINA}-2")
    with pytest.raises(BindingError) as caught:
        company.hear(false)
    assert caught.value.flaw is Flaw.ROSTER


def test_the_next_visit_knows_nothing_of_it(people: People, company: Company) -> None:
    company.take(CALL, admitted(people, roster(people.physician, 1, AMINA)))
    company.hear(roster(people.physician, 5))
    company.begin(WANTED)
    assert there(company) == []
    company.take(CALL, admitted(people, roster(people.physician, 1, AMINA)))
    assert there(company) == [AMINA]
