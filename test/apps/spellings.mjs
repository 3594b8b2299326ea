/** A default Express app: its routes take any letter case, and a last slash or none. */
import express from 'express';

const { PORT, ORIGIN_TOKEN } = process.env;
const app = express();
app.use(express.urlencoded({ extended: false }));

app.post('/node/sign-in', (req, res) => {
  const { user, role } = req.body;
  const issue = { sub: user, claims: { role } };
  res.set('Session-Issue', Buffer.from(JSON.stringify(issue)).toString('base64url'));
  res.set('Session-Origin-Token', ORIGIN_TOKEN);
  res.sendStatus(204);
});
app.get(['/node/account/secret', '/node/admin', '/node/read', '/node/café'], (req, res) => {
  res.json({ secret: true, url: req.originalUrl });
});
app.use((req, res) => {
  res.json({ secret: false, url: req.originalUrl });
});
app.listen(Number(PORT), '127.0.0.1');
