"""The twin's own small phrases, in the languages that it recognises."""

from __future__ import annotations

import re
from collections.abc import Mapping

LANGUAGES: Mapping[str, frozenset[str]] = {
    "es": frozenset(
    "el la los donde esta mi pedido quiero como puedo gracias hola una por que es "
    "cuando paquete devolver no tengo para con su".split()
),
    "fr": frozenset(
    "le la les ou est mon ma je veux comment puis merci bonjour une pour que quand "
    "colis commande retourner pas avec vous".split()
),
    "de": frozenset(
    "der die das wo ist mein meine ich will wie kann danke hallo eine und wann paket "
    "bestellung nicht mit sie".split()
),
}  # fmt: skip
WORD = re.compile(r"[^\W\d_]+")

PHRASES: Mapping[str, Mapping[str, str]] = {
    "hello": {
        "en": "Hello! What can I do for you? I can tell you about orders, delivery and returns.",
        "es": "¡Hola! ¿En qué puedo ayudarle?",
        "fr": "Bonjour ! Que puis-je faire pour vous ?",
        "de": "Hallo! Was kann ich für Sie tun?",
    },
    "thanks": {
        "en": "You're welcome! Just write again if anything else comes up.",
        "es": "¡De nada! Escríbame si necesita algo más.",
        "fr": "Avec plaisir ! Écrivez-moi si besoin.",
        "de": "Gern geschehen! Schreiben Sie einfach, wenn noch etwas ist.",
    },
    "unclear": {
        "en": "Could you tell me a little more? For example what it is about, or your order number.",
        "es": "¿Puede darme algún detalle más? Por ejemplo, de qué se trata.",
        "fr": "Pouvez-vous m'en dire un peu plus ? Par exemple, de quoi il s'agit.",
        "de": "Können Sie mir etwas mehr sagen? Zum Beispiel, worum es geht.",
    },
    "unknown": {
        "en": "I'm sorry, I have nothing on that. Shall I bring in a person from our team?",
        "es": "Lo siento, no tengo información sobre eso. ¿Quiere que le atienda una persona?",
        "fr": "Désolé, je n'ai rien à ce sujet. Souhaitez-vous parler à une personne ?",
        "de": "Dazu habe ich leider nichts. Soll ein Mensch aus unserem Team übernehmen?",
    },
    "again": {
        "en": "That is all I have on this. Would you like to talk to a person from our team?",
        "es": "Es todo lo que tengo sobre esto. ¿Quiere hablar con una persona?",
        "fr": "C'est tout ce que j'ai à ce sujet. Souhaitez-vous parler à une personne ?",
        "de": "Mehr habe ich dazu nicht. Möchten Sie mit einem Menschen sprechen?",
    },
    "number": {
        "en": "Thank you. I can't look into single orders. Shall I bring in a person who can?",
        "es": "Gracias. No puedo ver pedidos concretos. ¿Quiere que le atienda una persona?",
        "fr": "Merci. Je ne peux pas voir les commandes. Souhaitez-vous parler à une personne ?",
        "de": "Danke. Einzelne Bestellungen sehe ich nicht. Soll ein Mensch übernehmen?",
    },
}


def language_of(text: str, known: str = "") -> str:
    """The language with the most known small words; else the one known before; else English."""
    said = WORD.findall(text.lower())
    counted = {code: sum(w in small for w in said) for code, small in LANGUAGES.items()}
    best = max(counted, key=lambda code: counted[code])
    if counted[best] >= 2 and counted[best] * 3 >= len(said):
        return best
    return known or "en"


def phrase(name: str, language: str) -> str:
    texts = PHRASES[name]
    return texts.get(language, texts["en"])
