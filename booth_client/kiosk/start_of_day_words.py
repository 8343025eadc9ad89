"""The words of the helper's page for the start of the day, in French and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from booth_client.machine.row import State
from booth_client.supplies import Supply

__all__ = ["STATES", "SUPPLIES", "TO_DO", "WHAT", "WORDS"]

_Words = Mapping[str, Mapping[str, str]]

WORDS: Final[_Words] = {
    "fr": {
        "title": "La borne, ce matin",
        "booth": "La borne",
        "what": "Partie",
        "state": "État",
        "to-do": "À faire",
        "testing": "Le contrôle est en cours.",
        "well": "Tout marche. Contrôle de {at}.",
        "wrong": "Quelque chose ne va pas. Contrôle de {at}.",
        "test": "Contrôler à nouveau",
        "tested": "Le contrôle est fait.",
        "cleaning": "Désinfection",
        "cleaned": "Dernière désinfection : le {day} à {at}.",
        "never": "Aucune désinfection n’est notée.",
        "clean": "Je viens de désinfecter",
        "written": "C’est noté.",
        "unwritten": "Ce n’est pas noté : le disque ne répond pas. Appelez le service technique.",
        "supplies": "Consommables",
        "enough": "Il y en a",
        "short": "Il en manque",
        "lack": "Il en manque",
        "refill": "J’en ai remis",
        "human": "Appeler quelqu’un",
        "phone": "Téléphone : {phone}",
        "call": "Demander de l’aide",
        "called": "La demande est envoyée.",
        "aside": "Mesures mises de côté",
        "trial": "Essayer caméra, micro et relais",
        "close": "Fermer cette page",
        "other": "English",
    },
    "en": {
        "title": "The booth, this morning",
        "booth": "The booth",
        "what": "Part",
        "state": "State",
        "to-do": "To do",
        "testing": "The test is under way.",
        "well": "All is well. Tested at {at}.",
        "wrong": "Something is wrong. Tested at {at}.",
        "test": "Test again",
        "tested": "The test is done.",
        "cleaning": "Disinfection",
        "cleaned": "Last disinfected: {day} at {at}.",
        "never": "No disinfection is written down.",
        "clean": "I have just disinfected",
        "written": "It is written down.",
        "unwritten": "It is not written down: the disk does not answer. Call the technical service.",
        "supplies": "Supplies",
        "enough": "Enough",
        "short": "Running out",
        "lack": "Running out",
        "refill": "I have refilled it",
        "human": "Call somebody",
        "phone": "Telephone: {phone}",
        "call": "Ask for help",
        "called": "The request is sent.",
        "aside": "Measurements set aside",
        "trial": "Try camera, microphone and relays",
        "close": "Close this page",
        "other": "Français",
    },
}

STATES: Final[Mapping[str, Mapping[State, str]]] = {
    "fr": {State.GOOD: "Bon", State.UNKNOWN: "–", State.ATTENTION: "À surveiller", State.BROKEN: "En panne"},
    "en": {State.GOOD: "Good", State.UNKNOWN: "–", State.ATTENTION: "To watch", State.BROKEN: "Broken"},
}

WHAT: Final[_Words] = {
    "fr": {
        "network": "Internet",
        "relays": "Appels vidéo",
        "camera": "Caméra",
        "microphone": "Micro",
        "loudspeaker": "Haut-parleur",
        "radio": "Bluetooth",
        "printer": "Imprimante",
        "browser": "Écran",
        "disk": "Disque",
        "clock": "Horloge",
        "certificate": "Clé de la borne",
    },
    "en": {
        "network": "Internet",
        "relays": "Video calls",
        "camera": "Camera",
        "microphone": "Microphone",
        "loudspeaker": "Loudspeaker",
        "radio": "Bluetooth",
        "printer": "Printer",
        "browser": "Screen",
        "disk": "Disk",
        "clock": "Clock",
        "certificate": "Booth’s key",
    },
}
"""What the self-test looks at, as a helper calls it."""

SUPPLIES: Final[Mapping[str, Mapping[Supply, str]]] = {
    "fr": {
        Supply.PAPER: "Papier",
        Supply.DISINFECTANT: "Désinfectant",
        Supply.WIPES: "Lingettes",
        Supply.COVERS: "Protections d’embout",
        Supply.STRIPS: "Bandelettes",
        Supply.BATTERIES: "Piles",
    },
    "en": {
        Supply.PAPER: "Paper",
        Supply.DISINFECTANT: "Disinfectant",
        Supply.WIPES: "Wipes",
        Supply.COVERS: "Probe covers",
        Supply.STRIPS: "Test strips",
        Supply.BATTERIES: "Batteries",
    },
}
"""What is used up at a booth, as a helper calls it."""

TO_DO: Final[_Words] = {
    "fr": {
        "network": "Regardez le câble de la box. Attendez cinq minutes. Sinon, appelez.",
        "relays": "L’appel vidéo peut échouer ici. Appelez le service technique.",
        "camera": "Branchez la caméra. Ouvrez son cache.",
        "microphone": "Branchez le micro.",
        "loudspeaker": "Branchez le haut-parleur. Montez le son.",
        "radio": "Débranchez la clé Bluetooth, puis rebranchez-la.",
        "printer": "Regardez l’imprimante : allumée, papier, encre.",
        "browser": "Éteignez la borne, puis rallumez-la.",
        "disk": "N’accueillez personne. Appelez le service technique.",
        "clock": "L’heure n’est pas sûre. Appelez le service technique.",
        "certificate": "La borne ne sera bientôt plus reconnue. Appelez le service technique.",
    },
    "en": {
        "network": "Look at the router’s cable. Wait five minutes. If it stays so, call.",
        "relays": "Video calls may fail here. Call the technical service.",
        "camera": "Plug the camera in. Open its shutter.",
        "microphone": "Plug the microphone in.",
        "loudspeaker": "Plug the loudspeaker in. Turn it up.",
        "radio": "Unplug the Bluetooth adapter, then plug it in again.",
        "printer": "Look at the printer: on, paper, ink.",
        "browser": "Switch the booth off, then on again.",
        "disk": "Let nobody in. Call the technical service.",
        "clock": "The time is not certain. Call the technical service.",
        "certificate": "The booth will soon not be known any more. Call the technical service.",
    },
}
"""What a helper does where a part is not good."""
