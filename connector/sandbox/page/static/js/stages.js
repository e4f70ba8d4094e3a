// Where the story stands, and what a customer might well write next.

const NEXT = {
  start: ["Where is my parcel?", "How do I return something?", "Do you deliver abroad?"],
  bot: ["I want to talk to a person", "That did not help", "Thanks, that’s all"],
  handing_over: ["My order number is 4711", "Is anybody there?", "It was due on Monday"],
  agent: ["My order number is 4711", "When will it arrive?", "Thank you!"],
  ended: ["How do I return something?", "It still has not arrived", "I want to talk to a person"],
};

export function stageOf({ holder, messages }) {
  if (messages.length === 0) return "start";
  return holder in NEXT ? holder : "bot";
}

export const suggestionsFor = (stage) => NEXT[stage];
