"""The built-in fixed texts.

Short, and each says only what is so when it is sent: `handoff` that a person has the request,
nothing of how soon. No long dashes and no typographic quotes, which would double an SMS's price.
"""

from __future__ import annotations

from collections.abc import Mapping

_OPENING = "{% if next_opening %} ({{ next_opening }}){% endif %}"

TEXTS: Mapping[str, Mapping[str, str]] = {
    "automated": {
        "en": "You are writing with an automated assistant.",
        "es": "Le atiende un asistente automatizado.",
        "fr": "Un assistant automatique vous répond.",
        "de": "Hier antwortet ein automatischer Assistent.",
        "pt": "Quem responde aqui é um assistente automático.",
        "it": "Qui risponde un assistente automatico.",
    },
    "handoff": {
        "en": "A person on our team now has your request and will answer you here.",
        "es": "Una persona de nuestro equipo ya tiene su solicitud y le responderá aquí.",
        "fr": "Une personne de notre équipe a reçu votre demande et vous répondra ici.",
        "de": "Ihre Anfrage liegt jetzt bei unserem Team. Ein Mensch antwortet Ihnen hier.",
        "pt": "Uma pessoa da nossa equipe já tem o seu pedido e vai responder aqui.",
        "it": "Una persona del nostro team ha la sua richiesta e le risponderà qui.",
    },
    "handoff_delayed": {
        "en": "Thank you for waiting. A person will be with you as soon as possible.",
        "es": "Gracias por esperar. Una persona le atenderá lo antes posible.",
        "fr": "Merci de patienter. Une personne vous répondra dès que possible.",
        "de": "Danke für Ihre Geduld. Ein Mensch ist so bald wie möglich für Sie da.",
        "pt": "Obrigado por esperar. Uma pessoa vai atender assim que possível.",
        "it": "Grazie per l'attesa. Una persona le risponderà appena possibile.",
    },
    "solved": {
        "en": "Our team has marked your request as solved. If you need anything, write again.",
        "es": "Nuestro equipo ha cerrado su solicitud. Si necesita algo, escriba de nuevo.",
        "fr": "Notre équipe a clos votre demande. En cas de besoin, écrivez-nous à nouveau.",
        "de": "Unser Team hat Ihre Anfrage abgeschlossen. Bei Fragen schreiben Sie uns wieder.",
        "pt": "A nossa equipe encerrou o seu pedido. Se precisar, escreva de novo.",
        "it": "Il nostro team ha chiuso la sua richiesta. Se serve altro, ci riscriva.",
    },
    "after_hours": {
        "en": "Our team has your request and will answer here when we are open again"
        + _OPENING
        + ".",
        "es": "Nuestro equipo tiene su solicitud y le responderá aquí cuando abramos"
        + _OPENING
        + ".",
        "fr": "Notre équipe a votre demande et répondra ici à la réouverture" + _OPENING + ".",
        "de": "Ihre Anfrage liegt bei unserem Team. Wir antworten hier, sobald wir wieder da sind"
        + _OPENING
        + ".",
        "pt": "A nossa equipe tem o seu pedido e vai responder aqui quando abrirmos"
        + _OPENING
        + ".",
        "it": "Il nostro team ha la sua richiesta e risponderà qui alla riapertura"
        + _OPENING
        + ".",
    },
    "waiting": {
        "en": "Your request is still waiting for a person on our team. It is not forgotten.",
        "es": "Su solicitud sigue en espera de una persona de nuestro equipo. No la olvidamos.",
        "fr": "Votre demande attend encore une personne de notre équipe. Elle n'est pas oubliée.",
        "de": "Ihre Anfrage wartet noch auf einen Menschen aus unserem Team. Sie ist nicht "
        "vergessen.",
        "pt": "O seu pedido ainda espera por uma pessoa da nossa equipe. Não foi esquecido.",
        "it": "La sua richiesta attende ancora una persona del nostro team. Non l'abbiamo "
        "dimenticata.",
    },
    "csat": {
        "en": "How was our help? Please answer with a number from 1 (bad) to 5 (very good).",
        "es": "¿Qué tal la ayuda? Responda con un número del 1 (mal) al 5 (muy bien).",
        "fr": "Comment était notre aide ? Répondez par un chiffre de 1 (mal) à 5 (très bien).",
        "de": "Wie war unsere Hilfe? Bitte antworten Sie mit einer Zahl von 1 (schlecht) bis 5 "
        "(sehr gut).",
        "pt": "Como foi a nossa ajuda? Responda com um número de 1 (ruim) a 5 (muito bom).",
        "it": "Com'è stato il nostro aiuto? Risponda con un numero da 1 (male) a 5 (molto bene).",
    },
    "csat_thanks": {
        "en": "Thank you for your answer.",
        "es": "Gracias por su respuesta.",
        "fr": "Merci pour votre réponse.",
        "de": "Danke für Ihre Antwort.",
        "pt": "Obrigado pela resposta.",
        "it": "Grazie per la risposta.",
    },
    "stopped": {
        "en": "You are unsubscribed and will get no more messages. Reply START to get them again.",
        "es": "Ya no recibirá más mensajes. Responda START para volver a recibirlos.",
        "fr": "Vous ne recevrez plus de messages. Répondez START pour en recevoir à nouveau.",
        "de": "Sie erhalten keine Nachrichten mehr. Antworten Sie START, um sie wieder zu erhalten.",
        "pt": "Não vai receber mais mensagens. Responda START para voltar a receber.",
        "it": "Non riceverà altri messaggi. Risponda START per riceverli di nuovo.",
    },
    "started": {
        "en": "You will get our messages again. Reply HELP for help, STOP to get no more.",
        "es": "Volverá a recibir nuestros mensajes. Responda HELP para ayuda, STOP para no recibir más.",
        "fr": "Vous recevrez à nouveau nos messages. HELP pour de l'aide, STOP pour les arrêter.",
        "de": "Sie erhalten unsere Nachrichten wieder. HELP für Hilfe, STOP für keine mehr.",
        "pt": "Vai voltar a receber as nossas mensagens. HELP para ajuda, STOP para não receber mais.",
        "it": "Riceverà di nuovo i nostri messaggi. HELP per aiuto, STOP per non riceverne altri.",
    },
    "help": {
        "en": "This is our customer service: write what you need. Reply STOP to get no more messages. "
        "Message and data rates may apply.",
        "es": "Este es nuestro servicio de atención: escriba lo que necesita. Responda STOP para no "
        "recibir más mensajes.",
        "fr": "C'est notre service client : écrivez-nous votre demande. Répondez STOP pour ne plus "
        "recevoir de messages.",
        "de": "Hier ist unser Kundendienst: Schreiben Sie, was Sie brauchen. Antworten Sie STOP für "
        "keine weiteren Nachrichten.",
        "pt": "Este é o nosso atendimento: escreva o que precisa. Responda STOP para não receber mais "
        "mensagens.",
        "it": "Questo è il nostro servizio clienti: scriva di cosa ha bisogno. Risponda STOP per non "
        "ricevere altri messaggi.",
    },
}
