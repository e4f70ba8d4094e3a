"""Whether a message after the solve is only thanks: such a message does not reopen a ticket.

Only what is certainly thanks counts: every word must be one of the few that thanks are made of. What
asks, complains, or says anything else is a real reply. In doubt it is a real reply: a ticket that is
reopened for nothing costs an agent a click, one that is not costs the customer an answer.
"""

from __future__ import annotations

import re
import unicodedata

from connector.domain.handoff.normalise import fold

MOST_WORDS = 25
_WORD = re.compile(r"[^\W_]+")
_SMILE = re.compile(r"(?<!\w)(?:[:;=8]-?[)\]dDpP*]|<3+|\^\^|[xX][dD]|xo(?:xo)*|x{1,4})(?!\w)")
_SAD = re.compile(r"[:;=]['-]?[(/\\|]")
# One of these must be there ...
_THANKS = frozenset(
    "thanks thank thx ty tysm thnx tnx tks cheers thankyou appreciated appreciate perfect great ok "
    "okay okey okie k kk cool awesome brilliant excellent lovely wonderful amazing fantastic super "
    "bye goodbye noted understood gracias grax vale perfecto perfecta genial estupendo excelente "
    "listo entendido adios chao merci parfait parfaite genial nickel impeccable daccord compris "
    "salut dank danke dankeschon danki dankesehr perfekt prima klasse klar gut verstanden tschuss merci "
    "spitze toll obrigado obrigada obg brigado brigada valeu vlw perfeito perfeita otimo otima blz "
    "beleza entendi tchau grazie perfetto perfetta ottimo ottima capito ciao benissimo fantastico "
    "merci mille".split()
)
# ... and these may stand beside it.
_BESIDE = frozenset(
    "a lot so very much many again for you your u guys team all everything help helping quick fast "
    "reply response answer support the that is its this was really i we it im have has nice good "
    "great day evening night weekend one youre best kind appreciated sir madam maam and to of "
    "muchas muchisimas mil muy por tu su la el ayuda todo de nuevo amable dia buen buena buenas "
    "tarde noche que tenga un una y a ti usted ustedes respuesta atencion igualmente esta bien "
    "beaucoup bien pour votre ton aide tout reponse bonne journee soiree encore c est vous toi et "
    "la le super tres gentil a bientot au revoir d accord je remercie "
    "vielen schon schonen lieben herzlichen besten fur ihre deine die hilfe alles schnelle antwort tag "
    "abend noch wunsche ihnen dir und sehr euch das ist ok super gerne auch wiedersehen auf "
    "muito muita pela pelo ajuda tudo bom boa tarde noite resposta atencao de voce voces e o um "
    "uma certo mesmo "
    "tante molte per il l aiuto tutto gentile gentilissimi buona buon giornata serata risposta "
    "ancora di va bene sei siete stati molto".split()
)
_GLAD = frozenset(
    "👍👌🙏🙂😀😃😄😁😊😍🥰😘😎🤗😉🥳👏🙌💪🤝❤💖💕💙💚💛💜🧡🖤🤍💗💓💞🎉✨⭐🌟🌹💐🌸☺✅✔🫶🤩😇😂🤣😆😋🫡👋☀🌻💯🤙✌"
)
_MODIFIERS = frozenset("\u200d\ufe0f\ufe0e🏻🏼🏽🏾🏿")


def is_courtesy(text: str) -> bool:
    """Only thanks, in words (six languages) or in emoji; never a text with a question mark."""
    if any(mark in text for mark in "?¿؟？") or _SAD.search(text):
        return False
    plain = _SMILE.sub(" ", text)
    smiled = plain != text
    signs = [c for c in plain if unicodedata.category(c) in ("So", "Sk") and c not in _MODIFIERS]
    if any(sign not in _GLAD for sign in signs):
        return False
    words = _WORD.findall(fold("".join(c for c in plain if c not in _MODIFIERS)))
    if not words:
        return smiled or bool(signs)
    known = all(_kind(w) for w in words) and len(words) <= MOST_WORDS
    return known and any(_kind(w) == "thanks" for w in words)


def _kind(word: str) -> str:
    squeezed = re.sub(r"(.)\1{2,}", r"\1", word)
    for form in (word, squeezed):
        if form in _THANKS:
            return "thanks"
    return "beside" if word in _BESIDE or squeezed in _BESIDE else ""
