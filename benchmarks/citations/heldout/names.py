"""HELD OUT: not for the eyes of who writes or tunes grounding. Names that documents are filled with."""

PEOPLE = (
    "Anneliese Brückner", "Tomás Figueiredo", "Siobhan O'Rourke", "Jean-Luc Vasseur", "Ngozi Adeyemi", "Håkon Sæther", "Marta Zielinska",
    "Giulia D'Angelo", "Priya Raghunathan", "Željko Marković", "Beatriz Muñoz", "Wolfgang Preißler", "Aoife Brannigan", "Kofi Mensah",
    "Éloïse Charpentier", "Dmitri Volkonsky", "Harriet Pemberton", "Łukasz Dąbrowski", "Yusuf Karagöz", "Charlotte Ashworth",
)  # fmt: skip
COMPANIES = (
    "Brightwater Mechanical, Inc.", "Nordlicht Logistik GmbH", "Halvorsen & Daughters Ltd.", "Ateliers Montségur S.A.",
    "Quillfeather Press LLC", "Übersee Handelskontor AG", "Pinecrest Dental Supply Co.", "Castelnau Frères SARL", "Red Kite Analytics, LLC",
    "Zwickauer Fördertechnik GmbH", "Marlowe Cold Storage Ltd.", "Officina Ferraris S.p.A.", "Tidewater Instruments Corp.",
    "Sandoval y Hijos S.L.", "Grünwald Feinmechanik KG", "Oakhurst Veterinary Group, P.C.",
)  # fmt: skip
STREETS = (
    "17 Gannet Row",
    "Lindenstraße 204",
    "8, rue des Tanneurs",
    "2031 Copper Mill Road",
    "Via Garibaldi 55",
    "36 Strand Quay",
)
