"""Which words are names for no one, though a document may have them with a capital only: on a label, in a heading, in a row of a table.

Without accents, as in `words`. Their plurals are not listed, nor are words that show by their ending that they name a thing or a deed.
"""

from typing import Final

_ENDINGS: Final = (
    *("tion", "sion", "ment", "ness", "ance", "ence", "ity", "able", "ible", "ical", "ing"),
    *("ung", "keit", "heit", "schaft"),
)
_LEAST: Final = 8  # letters of a word that is known by its ending: Hartung and Harding are names


def _each(said: str) -> frozenset[str]:
    return frozenset(said.split())


_COMMON: Final = _each(
    "access accessories accident account act action adapter additional address adjacent adult advance advice affiliate afternoon age "
    "agency agenda agent aggregate air airport alarm alcohol allergies allergy alternative amount analysis annex annual answer "
    "antibiotic apparatus appendix applicant approval approved area arrears arrival artist assembly assets assistant auction audit "
    "auditor author authorized average award background bag baggage balance bank bar barrier base basic basis basket bathroom battery "
    "beam bearing bed bedroom before beneficiary benefit beverage bicycle bill billing binder birth biscuits blade blanket block "
    "blood blower board body boiler bolt bonus book booking boots borrower bottle bottom bowl box bracket brake branch brand bread "
    "breakfast bricks bridge brochure broker brush bucket budget buffet bulb bundle bus butter button buyer cabinet cable cake "
    "calendar call camera cancel cancelled candidate canteen capital car card care career cargo carpet carriage carrier carton "
    "cartridge case cash category ceiling cell cement central ceremony certificate chain chair chairperson change chapter charge "
    "charter check cheese chest chicken child children chocolate cholesterol circuit city civil claim claimant class classic "
    "classroom clause cleaner clinic clock closing clothes club coat code coffee cold collateral color colour column comment "
    "committee company comparison complaint component computer concrete conduct confidential connector consent consultant consumer "
    "contact container contents contest continuous contract contractor control controller cooking cooler cooling copies copper copy "
    "core corner cost cotton council counsel count countersigned country county coupon course court courtesy cover coverage cream "
    "credit creditor crew cup currency curtain cushion custom customer cutting cycle cylinder daily dairy damage dark dashboard data "
    "database dated day deadline debit debtor deck dedicated default defect delay delivery deluxe demand dental departure deposit "
    "design designer desk desktop dessert detail detector developer device diagnosis diagnostic diameter diesel diet digital dining "
    "dinner direct director discharge discount dispatch display disposal dispute distributor district doctor domestic door dose "
    "double download draft drain drainage drawing dress drill drink drive driver drum due dust duties duty early earnings east "
    "edition editor effective electric electronic elements elevator email emergency employee employer enamel enclosure end energy "
    "engine engineer enquiry entry envelope equity error estimate evening event example excess exchange exclusive executive exempt "
    "exercise exhibit exit expense expert expiry express exterior external extras eye fabric face factory failure fall family fan "
    "fare farm fasteners fasting faucet fax feature fee feedback fibre field figure files filing filter final finance financial "
    "findings fire fish fitness fitting fixed fixture flat flight floor flour flower fluid folder food foot for force form format "
    "frame free freezer freight fresh fridge from fruit fuel full fund funding furniture further fuse games garage garden gas gate "
    "gauge gear gender general generator gift glass glove glucose glue goods grade grain grand grant green grey grid grinder grocery "
    "gross ground group guarantee guarantor guard guest guide gutter gym hair half hall hammer hand handle hardware haulage hazard "
    "head heading headset health hearing heart heater heating heavy height helmet herbal hinge hire history holder holiday home hook "
    "horizontal hose hospital hosting hot hotel hour hourly house household housing human hygiene ice image import incentive incident "
    "included income increase independent index indicator individual industrial infrastructure ingredients initial ink inlet inquiry "
    "insert inside insured insurer intellectual interest interim interior internal international interpreter interval interview "
    "inventory investor invoice issue issued issuer item jacket jam job joint journal journey juice kettle key keyboard kind kit "
    "kitchen knife lab label labor laboratories laboratory labour ladder lamp land landlord lane language laptop large laser latest "
    "laundry law lawyer layout lead leader leaflet leak lease leather leave lecture left legal legend lender length lessee lesson "
    "lessor letter level library licence license licensee licensor lid life lift light limit limited line linen link liquid list "
    "litre live liver loan lobby local lock locker logistics loss lounge lower lubricant luggage lunch machine machinery magazine "
    "mail mailing main managed manager manual manufacturer map margin mark market mask mat material mattress maximum meal measure "
    "meat media medical medicine medium meeting melon member memo memory menu merchandise message metal meter method metric "
    "microphone microwave middle midnight mileage milk mill mineral mini minimum minutes mirror miscellaneous mixed mixer mobile mode "
    "model module moisture monitor monthly morning motion motor mount mouse museum mushroom music nail name napkin national natural "
    "nature neck necklace needle net network next night noise normal north notebook notice number nurse nursing nut object occupancy "
    "offer office officer oil olive onion online only open opening operator optical option optional oral orange order ordered "
    "ordinary organic origin original other our outcome outdoor outlet output outside oven overall overhead overnight overview owner "
    "pack package packed packing pad page paid paint pair pallet panel paper paragraph parcel parking part partial participant "
    "particulars parties partner party passage passenger password pasta patch path patient pattern pause pay payable payee payer "
    "payment peak pen penalty pencil pendant pension pepper period permanent permit person personal pharmacy phone photo photograph "
    "physician pickup picture piece pillow pilot pipe pizza place placed plan plant plaster plastic plate platform player please plug "
    "plus pocket point poles policy policyholder pool port portion portrait post postal pot potatoes powder power practice preamble "
    "premises premium prepaid prepared present president pressure preview previous price primary principal print printed printer "
    "private procedure proceeds process processor product professional profile profit program programme project projector promotional "
    "proof property proposal protective protocol provided provider public pulse pump purchase purchaser purple purpose quality "
    "quarter quarterly questionnaire queue quick quiet quote rack radiator radio rail railway rain range rate rating raw reading "
    "ready real rear reason rebate receipt receiver recipe recipient record recorder recovery red refrigerator refund region register "
    "registered registry regular rehearsal relief remarks remedy reminder remote removal renewal rent rental repair reply report "
    "representative request requested rescue research reseller reserve resident residential resolved resources respect respiratory "
    "response restaurant result retail retainer return returned revenue reverse review reward ribbon rice right ring risk river road "
    "role roll roof roofing room rope round route router rows royalties royalty rubber rug rule running sack safe safety salad "
    "salaries salary sale salmon salt sample sand sandwich sanitary sauce sausage savings saw scale scanner schedule school science "
    "scissors scooter scope screen screw seal sealant search season seasonal seat seating second secondary secretary section sector "
    "self seller semester seminar sender sensor separate serial server service session set setting setup shade shaft shampoo share "
    "sheet shelf shell shelves shift shipped shirt shoe shop short shoulder shovel show shower side sidewalk sign signal signature "
    "signed silver single sink sister site sitting size skin sleeve slice slot small smart smoke snack soap social socket soda sofa "
    "soft software soil solar sold sole solid sort sound soup source south space spare speaker special specialist speed spice spoon "
    "spray square stable stack stadium staff stage stainless stair stamp standard stapler staples start starter state station "
    "stationery status stay steam steel stereo sticker stock stone stop storage store straight strap strategy straw stream street "
    "strength strip structural structure student studio study style subject submitted subtotal sugar suit suite sum summary supplier "
    "supply support surcharge surface surgery surname survey sweater switch syringe syrup system table tablet tank tape target tariff "
    "task tax taxi teacher team technician technology telephone temperature temporary tenant tent term terminal terrace territory "
    "test testing text thank theater theatre theft therapist therapy thermal thermostat third thread ticket tie tile timber time "
    "timer tire tissue title toast today toilet tomato toner tool tooth top topic touch tour towel tower town toy track trade traffic "
    "trailer trainee trainer transfer translator transport travel tray tree trial trip truck tube tuition turn tutor twin type "
    "typical tyre umbrella underground uniform union unit universal upgrade upholstery upper urban urgent urine usage use used user "
    "utilities utility vacant vaccine vacuum value valve van vegetarian vehicle vendor venue version video view villa vintage vinyl "
    "visa visit visitor vitamin voice volume voucher wages waiting waiver walk wall wallet wardrobe warehouse warning warranties "
    "warranty wash washer washing waste watch water wax weather web website wedding weekday weekend weekly weight welcome welding "
    "west wheat wheel white whiteboard wholesale width window wine winter wire wiring with withdrawal women wood wooden wool word "
    "work workbook worker workplace workshop wrap wrench wrist writing written yard year yearly yellow yield yoghurt yogurt your "
    "youth zone "
    "ablauf adresse angebot angebote anlage anschrift ansprechpartner anzahl approx aps arbeit arbeiten arbeitgeber arbeitnehmer "
    "arbeitszeit article artikel attn auftrag auftraggeber auftragnehmer ausgabe bailleur beginn bericht betrag betreff cantidad cc "
    "client cliente commande contrato corp date datum dauer dear dept einheit einzelpreis encl ende ergebnis est ext factura facture "
    "faithfully fecha firma fournisseur frist garantie gebuhr gebuhren gehalt gerat gesamt gesamtbetrag gewicht gmbh grund gst "
    "haftung haus hinweis importe inc inhalt iva jahr jahre kaution kft kosten kunde kundennummer kundigungsfrist lager laufzeit "
    "leistungen lieferant lieferdatum liefertermin livraison llc llp locataire lohn loyer ltd mahnung max mbh menge mfg miete mieten "
    "mieter mietvertrag min misc mitarbeiter monat monate montant mwst nebenkosten nom note numero nummer objet ort parteien person "
    "plc precio preis preise prix probe produkt projekt proveedor pty qty quantite rabatt raum rechnungsdatum rechnungsnummer ref "
    "regards reise remise reparatur sarl sas schaden schluss seite sendung sincerely skonto spa srl steuer stuck subj summe tag tage "
    "teil tel termin total transport tva umfang unterschrift urlaub ust vat vermieter vertrag vote ware waren wartung woche wochen "
    "wohnung zahlung zeit zeitraum zimmer zins zinsen zubehor"
)


def is_common(word: str) -> bool:
    """Is it a common word, or a plural of one?"""
    return any(
        form in _COMMON or (len(form) >= _LEAST and form.endswith(_ENDINGS))
        for form in (word, word.removesuffix("s"), word.removesuffix("es"), _singular(word))
    )


def _singular(word: str) -> str:
    return word[:-3] + "y" if word.endswith("ies") else word
