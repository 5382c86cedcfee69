"""What a clause says of a field that is true or false: by what it denies, and by what the field's name denies."""

import pytest
from pydantic import BaseModel, create_model
from pydantic import Field as Told

from batchata.grounding import Statement, map_fields, support, weigh

T, F, UNSAID = True, False, None
CASES: list[tuple[str, str, bool | None]] = [
    ("non_transferable_license", "The license shall not be transferable.", UNSAID),
    ("non_transferable_license", "a non-transferable license", T),
    ("insurance", "The insurance shall not " + "be so very, very much " * 10 + "delayed.", UNSAID),
    ("customs_cleared", "The goods have yet to clear customs.", F),
    ("customs_cleared", "The goods have cleared customs.", T),
    ("assignable", "This Agreement may not be assigned.", F),
    ("assignable", "This Agreement may be assigned by either Party.", T),
    ("assignable", "Neither Party shall assign this Agreement without the prior written consent of the other.", F),
    ("assignable", "Assignment, in whole or in part, is prohibited.", F),
    ("assignable", "The Agreement is non-assignable.", F),
    ("assignable", "This agreement is freely transferable.", T),
    ("is_exclusive", "The licence granted hereunder is exclusive.", T),
    ("is_exclusive", "Licensor grants a non-exclusive right to use the Software.", F),
    ("is_exclusive", "a nonexclusive, worldwide licence", F),
    ("is_exclusive", "The licence is exclusive, non-transferable and perpetual.", T),
    ("transferable", "The licence is exclusive, non-transferable and perpetual.", F),
    ("perpetual", "The licence is exclusive, non-transferable and perpetual.", T),
    ("transferable", "The licence is exclusive, not transferable, and perpetual.", F),
    ("exclusive", "The licence is exclusive, not transferable, and perpetual.", T),
    ("warranty", "The software is provided without warranty of any kind.", F),
    ("warranty", "No warranty is given.", F),
    ("warranty_given", "All warranties are hereby disclaimed.", F),
    ("warranty_given", "The seller warrants the goods for two years.", T),
    ("warranty_excluded", "Any warranty is excluded.", T),
    ("warranty_excluded", "The warranty is not excluded.", F),
    ("no_warranty", "There is no warranty.", T),
    ("no_warranty", "A warranty of one year is given.", F),
    ("jury_trial_waived", "Each Party waives its right to a jury trial.", T),
    ("jury_trial_waived", "The Parties do not waive trial by jury.", F),
    ("pets_allowed", "Pets are allowed.", T),
    ("pets_allowed", "Pets are not allowed.", F),
    ("pets_allowed", "No pets are allowed.", F),
    ("pets_allowed", "Pets are strictly forbidden.", F),
    ("pets_allowed", "Dogs, cats and other pets may be kept.", T),
    ("pets_allowed", "Pets and smoking are not allowed.", F),
    ("pets_allowed", "The tenant must report pets to the landlord.", UNSAID),
    ("pets_allowed", "If pets are allowed, a deposit is due.", UNSAID),
    ("vat_included", "Prices exclude VAT.", F),
    ("vat_included", "All prices include VAT.", T),
    ("vat_included", "plus 19% VAT", F),
    ("vat_included", "VAT: included", T),
    ("vat_included", "Prices are exclusive of VAT.", F),
    ("vat_included", "All prices inclusive of VAT.", T),
    ("shipping_included", "Shipping is not included.", F),
    ("shipping_included", "Shipping is charged extra.", F),
    ("batteries_included", "excluding batteries", F),
    ("taxable", "exempt from tax", F),
    ("taxable", "The goods are subject to tax.", T),
    ("taxable", "not taxable", F),
    ("taxable", "non-taxable", F),
    ("tax_exempt", "This sale is exempt from tax.", T),
    ("tax_exempt", "This sale is subject to tax.", F),
    ("tax_exempt", "This sale is not exempt from tax.", F),
    ("paid", "This invoice has been paid in full.", T),
    ("paid", "The invoice is unpaid.", F),
    ("paid", "The invoice remains unpaid", F),
    ("paid", "The invoice has not yet been paid.", F),
    ("unpaid", "The invoice has been paid.", F),
    ("refundable", "The fee is non-refundable.", F),
    ("refundable", "The fee is fully refundable.", T),
    ("refundable", "The deposit shall be refunded within 30 days.", T),
    ("non_refundable", "The deposit is non-refundable.", T),
    ("non_refundable", "The deposit is not refundable.", T),
    ("non_refundable", "The deposit can be refunded.", F),
    ("insured", "The transport is insured and the goods may not be returned.", T),
    ("returnable", "The transport is insured and the goods may not be returned.", F),
    ("returnable", "The transport is not insured but the goods may be returned.", T),
    ("insured", "The transport is not insured but the goods may be returned.", F),
    ("insured", "Insured: Yes", T),
    ("insured", "Insured: No", F),
    ("insured", "Insured \t no", F),
    ("insured", "☑ insured ☐ returnable", T),
    ("returnable", "☑ insured ☐ returnable", F),
    ("returnable", "☐ returnable ☑ insured", F),
    ("projector", "projector: no step-free: yes", F),
    ("step_free", "projector: no step-free: yes", T),
    ("auto_renewal", "The Agreement renews automatically for further periods of one year.", T),
    ("auto_renewal", "The Agreement does not renew automatically.", F),
    ("auto_renewal", "Renewal requires a written agreement and shall not be automatic.", F),
    ("auto_renewal", "There is no automatic renewal.", F),
    ("auto_renewal", "Renewal is automatic unless notice is given no later than 30 days before.", T),
    ("non_compete", "The employee agrees not to compete with the company.", T),
    ("deposit_required", "No deposit is required.", F),
    ("deposit_required", "A deposit must be paid.", T),
    ("deposit_required", "The deposit is optional.", F),
    ("consent_required", "This Agreement may not be assigned without consent.", UNSAID),
    ("remote_allowed", "Remote work is allowed three days a week.", T),
    ("remote_allowed", "The role is on site; remote work is not possible.", F),
    ("confidential", "The terms are confidential.", T),
    ("confidential", "The terms are not confidential.", F),
    ("exclusivity", "Invoice No. 12 covers the exclusive supply", T),
    ("limited_liability", "Liability is unlimited.", F),
    ("liability_limited", "Liability is not limited.", F),
    ("liability_limited", "Liability is limited to $5,000 in the aggregate.", T),
    ("price_fixed", "Prices are fixed for twelve months, not including freight.", T),
    ("overtime_paid", "Overtime is not paid.", F),
    ("smoking", "No smoking.", F),
    ("arbitration", "Disputes shall be settled by arbitration.", T),
    ("arbitration", "Disputes shall not be submitted to arbitration.", F),
    ("arbitration", "Disputes shall be settled by the courts.", UNSAID),
    ("audit_right", "Licensor has the right to audit the books.", T),
    ("audit_right", "Licensor has no right to audit the books.", F),
    ("audit_right", "Licensor shall not have any audit rights.", F),
    ("signed", "Signed by both parties on 5 May 2024.", T),
    ("signed", "This copy is unsigned.", F),
    ("prepaid", "Freight prepaid", T),
    ("furnished", "The flat is let unfurnished.", F),
    ("furnished", "The flat is let fully furnished.", T),
    ("catering_allowed", "No outside catering, please.", F),
    ("catering_allowed", "Outside catering is welcome.", T),
    ("cancellation_free", "You may cancel free of charge.", T),
    ("cancellation_free", "Cancellation is not free.", F),
    ("cancellation_free", "Cancellations are charged in full.", F),
    ("exclusive", "This is not only an exclusive but a perpetual licence.", T),
    ("notice_required", "You may leave without notice.", F),
    ("returns_accepted", "Returns are accepted within 14 days.", T),
    ("returns_accepted", "We do not accept returns.", F),
    ("returns_accepted", "All sales are final; no returns.", F),
]


def truth(name: str, value: bool) -> BaseModel:
    return create_model("Answer", **{name: (bool, ...)})(**{name: value})  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(("name", "passage", "value"), CASES)
def test_a_passage_states_what_its_clause_says(name: str, passage: str, value: bool | None) -> None:
    shown = {one: name in support(truth(name, one), [(name, passage)])[0] for one in (True, False)}
    assert shown == {True: value is True, False: value is False}


def test_what_is_not_said_is_held_but_not_shown_and_what_is_denied_is_not_held() -> None:
    answer = truth("pets_allowed", True)
    assert weigh(answer, [("pets_allowed", "The tenant must report pets.")]) == {"pets_allowed": [(0, False)]}
    assert weigh(answer, [("pets_allowed", "Pets are not allowed.")]) == {"pets_allowed": []}
    assert weigh(answer, [("pets_allowed", "Pets are allowed.")]) == {"pets_allowed": [(0, True)]}


@pytest.mark.parametrize(
    ("passage", "value"),
    [("It can be reached without stairs.", True), ("It cannot be reached without stairs.", False)],
)
def test_a_description_names_a_truth(passage: str, value: bool) -> None:
    class Room(BaseModel):
        step_free: bool = Told(description="Reachable without stairs")

    assert bool(support(Room(step_free=value), [("step_free", passage)])[0])
    assert not support(Room(step_free=not value), [("step_free", passage)])[0]


class Line(BaseModel):
    description: str
    quantity: int
    taxable: bool


class Order(BaseModel):
    lines: list[Line]


ORDER = Order(
    lines=[
        Line(description="Copper cable", quantity=2, taxable=True),
        Line(description="Spare fuses", quantity=2, taxable=True),
        Line(description="Inspection", quantity=1, taxable=False),
    ]
)


def given(*statements: Statement | str) -> dict[str, list[int]]:
    said = [Statement(one) if isinstance(one, str) else one for one in statements]
    return {path: [one.statement for one in some] for path, some in map_fields(ORDER, said).items()}


def test_a_truth_of_a_list_item_goes_with_its_item() -> None:
    names = ("description", "quantity", "taxable")
    lines: list[Statement | str] = []
    for number, line in enumerate(ORDER.lines, 1):
        lines += [
            f"Item {number}\n",
            Statement(f"  Description: {line.description}\n", (f"{line.description} {line.quantity}",)),
            Statement(f"  Quantity: {line.quantity}\n", (f"{line.description} {line.quantity}",)),
            Statement(f"  Taxable: {'yes' if line.taxable else 'no'}\n", ("as marked",)),
        ]
    assert given(*lines) == {
        f"lines[{item}].{name}": [4 * item + 1 + place] for item in range(3) for place, name in enumerate(names)
    }


def test_the_heads_of_a_table_name_the_truths_below() -> None:
    assert given(
        "| Description | Quantity | Taxable |\n|---|---|---|\n",
        Statement("| Copper cable | 2 | yes |\n", ("Copper cable 2 T",)),
        Statement("| Spare fuses | 2 | yes |\n", ("Spare fuses 2 T",)),
        Statement("| Inspection | 1 | no |", ("Inspection 1",)),
    ) == {f"lines[{item}].{name}": [item + 1] for item in range(3) for name in ("description", "quantity", "taxable")}


def test_a_truth_of_one_of_several_items_needs_its_item_in_the_passage() -> None:
    path = "lines[0].taxable"
    assert weigh(ORDER, [(path, "It is taxable.")])[path] == [(0, False)]
    assert weigh(ORDER, [(path, "Copper cable is taxable.")])[path] == [(0, True)]
    assert weigh(ORDER, [(path, "Copper cable 2 yes")])[path] == [(0, True)]
    assert weigh(ORDER, [(path, "Copper cable 2 no")])[path] == []


def test_who_does_it_is_told_by_the_verb() -> None:
    assert support({"smoker": True}, [("smoker", "The patient smokes.")])[0]
    assert not support({"smoker": True}, [("smoker", "The patient does not smoke.")])[0]
