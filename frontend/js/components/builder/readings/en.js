// Lines to read aloud for a reference in each emotion, about eight seconds each. English.
export default {
  neutral: 'The library opens at nine and closes at six. You will find the maps on the second floor, next to the window that looks over the square.',
  happy: 'I just got the letter, and they said yes! We leave on Saturday. Call your sister, open the good bottle, tonight we celebrate!',
  sad: 'Her coat still hangs behind the door. I keep meaning to put it away, and every morning I find a reason to leave it there.',
  angry: 'I asked you twice. Twice! And you still let him take the keys. Do you have any idea what that is going to cost us?',
  fearful: 'Did you hear that? There is somebody on the stairs. Please, don’t turn on the light. Just stay here, close to me, and listen.',
  surprised: 'Wait, that was you? All this time, it was you who sent the flowers? I would never have guessed, not in a hundred years!',
  disgusted: 'What is that smell? No, don’t open it again. It must have been in there since the summer. I can’t even look at it.',
  calm: 'Breathe in, slowly, and let your shoulders drop. There is nowhere to be and nothing to finish. The water is still, and so are you.',
  excited: 'It’s starting, it’s starting! Quick, come here, you can see the whole stage from this side. Oh, I can’t believe we are really here!',
  tender: 'Come here, little one. You were so brave today. Close your eyes now, I will sit with you until you are asleep, I promise.',
  whisper: 'Shh, quietly now. He is asleep in the next room. Take your shoes off, follow me, and mind the third step, it always creaks.',
  serious: 'Please listen carefully. From tonight the bridge is closed to everyone. If you have family on the other side, speak to us before eight.',
  sarcastic: 'Oh, wonderful. Another meeting about the meeting. No, really, I had nothing better to do on a Friday night, do go on.',
  tired: 'I’ve been on my feet since five this morning. Just let me sit down for a minute. Whatever it is, can it wait until tomorrow?',
};
