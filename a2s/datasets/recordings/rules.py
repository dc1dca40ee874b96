"""Action and material of a recording, from its source and its file name.

The first rule that matches decides. `CORRECTED` holds the files that the rules get wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

KINDS = ("event", "texture", "ambience", "leave_out")
"""event: has an action. texture: a sound that no action fits, for training a VAE or a vocoder. ambience: a place.
leave_out: guns, engines, voices, synthetic sounds."""


@dataclass(frozen=True)
class Label:
    """action, material: of `a2s.cues.vocabulary`, '' where unknown. kind: one of KINDS."""

    kind: str
    action: str = ""
    material: str = ""


# SOURCE NAME = ACTION MATERIAL. SOURCE and NAME are regular expressions; `-` is an unknown material.
# LEAVE, TEXTURE and AMBIENCE are the kinds without an action.
_LINES = r"""
kenney casinoaudio__card(OpenPackage) = open cardboard
kenney casinoaudio__cardTakeOut = handle cardboard
kenney casinoaudio__cardPlace = set_down paper
kenney casinoaudio__card(Slide|Shove) = rub paper
kenney casinoaudio__card = handle paper
kenney casinoaudio__chips?(Lay|sStack|Stack) = set_down plastic
kenney casinoaudio__chipsCollide = hit plastic
kenney casinoaudio__di(c)?e(Throw) = drop plastic
kenney casinoaudio__(chips|die) = handle plastic
kenney impactsounds__footstep_carpet = step cloth
kenney impactsounds__footstep_concrete = step stone
kenney impactsounds__footstep_(grass|snow) = step earth
kenney impactsounds__footstep_wood = step wood
kenney impactsounds__impactGlass = hit glass
kenney impactsounds__impact(Bell|Metal|Tin|Plate) = hit metal
kenney impactsounds__impactMining = hit stone
kenney impactsounds__impact(Plank|Wood) = hit wood
kenney impactsounds__impactPunch = hit skin
kenney impactsounds__impactSoft = hit cloth
kenney impactsounds__impactGeneric = hit -
kenney interfacesounds__ = LEAVE
kenney rpgaudio__beltHandle = handle metal
kenney rpgaudio__(cloth|handleSmallLeather) = handle cloth
kenney rpgaudio__bookClose = close paper
kenney rpgaudio__bookFlip = handle paper
kenney rpgaudio__bookOpen = open paper
kenney rpgaudio__bookPlace = set_down paper
kenney rpgaudio__chop = cut wood
kenney rpgaudio__(creak|doorOpen) = open wood
kenney rpgaudio__doorClose = close wood
kenney rpgaudio__drawKnife = scrape metal
kenney rpgaudio__dropLeather = drop cloth
kenney rpgaudio__footstep = step -
kenney rpgaudio__handleCoins = handle metal
kenney rpgaudio__knifeSlice = cut -
kenney rpgaudio__metalClick = press metal
kenney rpgaudio__metalLatch = close metal
kenney rpgaudio__metalPot = set_down metal
kenney uiaudio__rollover = LEAVE
kenney uiaudio__ = press plastic
kbsim_keys .* = press plastic
body_percussion (stomp|halfstomp|heel) = step -
body_percussion .* = hit skin
dim_cabasa .* = scrape metal
gogodze_drums h = hit metal
gogodze_drums ss = hit wood
gogodze_drums .* = TEXTURE
fluidr3_percussion (Castanet|Clave|Sticks|.*Woodblock|Xylophone|Marimba|Bongo_Rim|Rim_Tap) = hit wood
fluidr3_percussion (Bell|China|Cow_|Glocken|Hi_Hat|.*Agogo|Ride|Triangle|Tubular|Vibraphone|Metronome) = hit metal
fluidr3_percussion (Applause|Gun|Sea_Shore|Square|Scratch) = LEAVE
fluidr3_percussion (Clap|Slap) = hit skin
fluidr3_percussion Guiro = scrape wood
fluidr3_percussion .* = TEXTURE
sonic_pi ambi_glass_rub = rub glass
sonic_pi drum_(cymbal|splash) = hit metal
sonic_pi perc_bell = hit metal
sonic_pi perc_snap = hit skin
sonic_pi (misc_crow|bd_|sn_|elec_|perc_till|perc_swash|vinyl) = LEAVE
sonic_pi .* = TEXTURE
minetest default_break_glass = break glass
minetest default_chest_close = close wood
minetest default_chest_open = open wood
minetest default_dig_choppy = cut wood
minetest default_dig_cracky = hit stone
minetest default_(dig|dug)_metal = hit metal
minetest default_dig_snappy = break earth
minetest default_furnace = AMBIENCE
minetest default_gravel_dig = scrape stone
minetest default_gravel_dug = drop stone
minetest default_(hard|ice)_footstep = step stone
minetest default_ice = hit -
minetest default_metal_footstep = step metal
minetest default_place_node_metal = set_down metal
minetest default_(sand|snow)_footstep = step earth
minetest default_water_footstep = step water
cdda_cc_sounds environment__weather = AMBIENCE
cdda_cc_sounds environment__ambient__indoors = AMBIENCE
cdda_cc_sounds melee_hit_flesh__big_stabbing = cut skin
cdda_cc_sounds melee_hit_flesh = hit skin
cdda_cc_sounds close_door__window = close -
cdda_cc_sounds close_door__gun_safe = close metal
cdda_cc_sounds vehicle_close__trunk = close metal
cdda_cc_sounds open_door__window__open_curtain = open cloth
cdda_cc_sounds open_door|vehicle_open = open metal
cdda_cc_sounds plmove__walk_(dirt|grass|t_grass) = step earth
cdda_cc_sounds plmove__walk_t_carpet = step cloth
cdda_cc_sounds plmove__walk_t_(concrete|rock) = step stone
cdda_cc_sounds plmove__walk_t_water = step water
cdda_cc_sounds plmove__clear_obstacle = handle -
cdda_cc_sounds reload__tube = handle metal
cdda_cc_sounds smash_fail__(brick|t_wall) = hit stone
cdda_cc_sounds smash_fail__ceramic = hit ceramic
cdda_cc_sounds smash_fail__(chain|metal) = hit metal
cdda_cc_sounds smash_fail__door_wood = hit wood
cdda_cc_sounds smash_fail__glass = hit glass
cdda_cc_sounds smash_success__chain = break metal
cdda_cc_sounds smash_success__concrete = break stone
cdda_cc_sounds smash_success__(glass|window) = break glass
cdda_cc_sounds smash_success__plastic = break plastic
cdda_cc_sounds tool__hacksaw = cut metal
cdda_cc_sounds .* = LEAVE
openclonk Structures__(DoorClose|Chest__Close) = close wood
openclonk Structures__(DoorOpen|Chest__Open)|.*WoodCreak = open wood
openclonk Structures__Switch|Objects__WallKit|.*Blunderbuss__Click = press metal
openclonk Environment__Vine = handle earth
openclonk Structures__Furnace__Loop|Environment__|Clonk__Movement__Diving|Liquids__Boiling = AMBIENCE
openclonk Hits__BucketHit|.*MetalHit = hit metal
openclonk .*(GlassHit|IceHit) = hit glass
openclonk .*WoodHit|Objects__Catapult = hit wood
openclonk Objects__Pickaxe = hit metal
openclonk .*RockHit = hit stone
openclonk Hits__Soft = hit cloth
openclonk Hits__ProjectileHitLiving = hit skin
openclonk Hits__General|.*(WeaponHit|HitShield) = hit -
openclonk Objects__Arrow__HitGround = hit wood
openclonk .*Javelin__HitGround = hit earth
openclonk .*Bow__(GetArrow|Load|PutAway) = handle wood
openclonk Objects__Lorry__Dump = drop wood
openclonk Clonk__Action__(Grab|UnGrab) = handle cloth
openclonk Liquids__Sizzle|Fire__ = TEXTURE
openclonk .* = LEAVE
draw_this click = press plastic
draw_this drip = splash water
draw_this eraser = rub paper
draw_this pencil = scrape paper
draw_this stamp = press paper
draw_this .* = LEAVE
origin_go_chop .* = cut wood
(blanket_ambience|openrct2_ambience|esc10) .* = AMBIENCE
"""


def _parsed() -> tuple[tuple[re.Pattern[str], re.Pattern[str], Label], ...]:
    rules = []
    for line in _LINES.strip().splitlines():
        left, right = line.rsplit(" = ", 1)
        source, name = left.split(" ", 1)
        if right in ("LEAVE", "TEXTURE", "AMBIENCE"):
            label = Label({"LEAVE": "leave_out"}.get(right, right.lower()))
        else:
            action, material = right.split()
            label = Label("event", action.replace("_", " "), "" if material == "-" else material)
        rules.append((re.compile(source), re.compile(name), label))
    return tuple(rules)


RULES = _parsed()

CORRECTED: dict[str, Label] = {}
"""`source/file` -> its label, where the rules are wrong. Empty so far."""


def label_of(source: str, file: str) -> Label:
    """The label of a recording; of kind 'leave_out' where no rule knows it."""
    if corrected := CORRECTED.get(f"{source}/{file}"):
        return corrected
    for known, name, label in RULES:
        if known.fullmatch(source) and name.match(file):
            return label
    return Label("leave_out")
