"""Which recordings may be used: those that can be shown to be CC0, CC-BY, MIT or in the public domain."""

from __future__ import annotations

import re
from pathlib import PurePath

ALLOWED = re.compile(r"(?!.*\b(SA|NC|ND|GPL)\b)(CC0|CC[- ]BY\b|MIT\b|public domain)", re.IGNORECASE)
"""Begin of a licence text that is free enough. Terms that restrict further use must not follow."""

_OPENCLONK: tuple[tuple[str, str, str], ...] = (
    # Made for the game by its own authors, who license them under CC-BY 3.0.
    (r"Fire__Spark\d|Objects__Weapons__\w+__Click\d|Clonk__Action__Munch2|Clonk__Movement__DivingLoop", "ala", "BY"),
    (r"Structures__Door(Open|Close)\d|Hits__BucketHit|Objects__Lorry__Dump|Environment__Vine__Grab", "ala", "BY"),
    (r"Structures__(Repair|FinishBuilding)", "ala, from JoelAudio and cmusounddesign", "BY"),
    (r"Objects__Pickaxe__ClangHard1", "K-Pone", "BY"),
    (r"Structures__Chest__|Objects__Windbag__|Objects__Pickaxe__Clang\d", "Ringwaul", "BY"),
    (r"Hits__ProjectileHitLiving|Objects__(Arrow|Weapons__(?!Blunderbuss__Click))", "Checkmaty", "BY"),
    (r"Hits__IceHit|Objects__(DiamondDigOut|Plane__PlaneCrash|WallKit)|Clonk__Action__(Grab|UnGrab)", "Sven2", "BY"),
    (r"Structures__Switch", "Sven2", "BY"),
    (r"Clonk__Action__Breathing", "Zapper", "BY"),
    # Uploaded to Freesound after it dropped the Sampling+ licence (ids above 135 000), stated as CC-BY 3.0.
    (r"Liquids__Sizzle", "qubodup", "BY"),
    (r"Objects__Connect", "discokingmusic", "BY"),
    (r"Objects__Boompack__Fly", "primeval_polypod", "BY"),
    (r"Environment__Lightning__Thunder1", "xerana", "BY"),
    (r"Environment__Lightning__Thunder4", "jrosin", "BY"),
    (r"Environment__Lightning__Thunder5", "shaka9", "BY"),
    (r"Objects__LineSnap", "CosmicEmbers", "BY"),
    (r"Clonk__Action__GroupAttack", "Erdie", "BY"),
    # Stated as CC0.
    (r"Objects__Balloon__Pop", "mrmayo", "0"),
    (r"Hits__(SoftTouch\d|SoftHit2|GeneralHit\d)|\w*DullMetalHit\d|\w*DullWoodHit2|\w*GlassHit[12]", "adcbicycle", "0"),
    (r"Objects__Catapult_?Launch", "110110010, schluppipuppie", "0"),
    (r"Hits__Materials__Rock__RockHit\d", "mbezzola", "0"),
    (r"Fire__Fuse", "RytmenPinnen", "0"),
    (r"\w*LightMetalHit2", "kibibu", "0"),
    (r"Environment__Disasters__Earthquake", "prozaciswack", "0"),
    (r"\w*WoodCreak\d", "alienistcog", "0"),
    (r"Liquids__Boiling", "fryzu82", "0"),
    (r"Fire__Blowout", "Adam_N", "0"),
    (r"Structures__SteamEngine", "BenNevis", "0"),
    (r"Structures__Pumpjack", "felix.blume", "0"),
    (r"Structures__Furnace__", "tc630", "0"),
    (r"Structures__SawmillRipcut", "kolczok", "0"),
)
"""(start of a file name, author, licence) of the OpenClonk sounds whose licence can be shown, after the game's own
`Sound.ocg/authors.txt`. Left out: Freesound uploads from before September 2011 that it calls CC-BY, since those were
under Sampling+ then; what is adapted from them; sounds without a named author."""


def shown_licence(source: str, file: str, licence: str, author: str) -> tuple[str, str] | None:
    """(licence, author) of a recording where it can be shown to be free enough, else None.

    source, file, licence, author: as in the manifest.
    """
    if source == "openclonk":
        stem = PurePath(file).stem
        for start, maker, kind in _OPENCLONK:
            if re.match(start, stem):
                return ("CC0" if kind == "0" else "CC-BY 3.0"), maker
        return None
    return (licence, author_of(source, file, author)) if ALLOWED.match(licence) else None


_AUTHORS: tuple[tuple[str, str, str], ...] = (
    ("blanket_ambience", r"birds", "kvgarlic"),
    ("blanket_ambience", r"boat", "Falcet"),
    ("blanket_ambience", r"city", "gezortenplotz"),
    ("blanket_ambience", r"coffee-shop", "stephan"),
    ("blanket_ambience", r"fireplace", "ezwa"),
    ("blanket_ambience", r"rain", "alex36917"),
    ("blanket_ambience", r"storm", "digifishmusic"),
    ("blanket_ambience", r"summer-night", "Lisa Redfern"),
    ("blanket_ambience", r"train", "SDLx"),
    ("blanket_ambience", r"waves", "Luftrum"),
    ("blanket_ambience", r"wind", "felix.blume"),
    ("minetest", r"default_break_glass\.1", "cmusounddesign"),
    ("minetest", r"default_break_glass\.2", "Tomlija"),
    ("minetest", r"default_break_glass\.3", "lsprice"),
    ("minetest", r"default_dig_metal", "yadronoff"),
    ("minetest", r"default_dug_metal", "Iwan Gabovitch (qubodup)"),
    ("minetest", r"default_metal_footstep", "mypantsfelldown"),
    ("minetest", r"default_place_node_metal", "Ogrebane"),
    ("minetest", r"default_water_footstep", "AGFX"),
    ("minetest", r"default_dig_snappy", "blukotek"),
    ("minetest", r"default_chest", "sofar, from Sevin7, Percy Duke, kingsamas, bulbastre, Yoyodaman234"),
    ("minetest", r"default_snow_footstep", "Ryding"),
    ("minetest", r"default_dig_choppy", "Sheyvan"),
    ("minetest", r"default_gravel", "lolamadeus"),
    ("minetest", r"default_dig_cracky", "Benboncan"),
    ("minetest", r"default_hard_footstep", "Erdie"),
    ("minetest", r"default_sand_footstep", "worthahep88"),
    ("minetest", r"default_ice_dig", "dheming"),
    ("minetest", r"default_ice_footstep", "InspectorJ"),
    ("minetest", r"default_ice_dug", "Angel_Perez_Grandi"),
    ("minetest", r"default_furnace_active", "iankath"),
    ("origin_go_chop", r"chop_0[12]", "kyles"),
    ("origin_go_chop", r"chop_03", "egomassive"),
    ("origin_go_chop", r"chop_04", "BenParamoreAudio"),
    ("origin_go_chop", r"chop_05", "FairCashew"),
    ("origin_go_chop", r"chop_06", "birdswkaren"),
    ("origin_go_chop", r"chop_07", "Mateusz_Chenc"),
    ("body_percussion", r"", "sfzinstruments"),
    ("gogodze_drums", r"", "Karoryfer Samples"),
    ("sonic_pi", r"", "Sonic Pi"),
    ("draw_this", r"", "draw-this, from Freesound (CC0)"),
)
"""(source, start of a file name, author) where the manifest points at another file for the author."""


def author_of(source: str, file: str, given: str) -> str:
    """Who is to be named for a recording. given: the manifest's author."""
    for known, start, author in _AUTHORS:
        if source == known and re.match(start, file):
            return author
    return given
