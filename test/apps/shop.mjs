/** A shop on Express as its framework's guide has it: carts and sign-ins in the memory of the process that served them. */
import express from 'express';
import session from 'express-session';

const { PORT, BASE, ORIGIN_TOKEN } = process.env;
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

const app = express();
app.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: false }));
app.use(express.urlencoded({ extended: false }));

app.post(`${BASE}/sign-in`, (req, res) => {
  req.session.user = req.body.user;
  if (ORIGIN_TOKEN) {
    res.set({ 'Session-Issue': encode({ sub: req.body.user }), 'Session-Origin-Token': ORIGIN_TOKEN });
  }
  res.redirect(303, `${BASE}/cart`);
});

app.post(`${BASE}/cart`, (req, res) => {
  req.session.cart = [...(req.session.cart ?? []), req.body.item];
  res.redirect(303, `${BASE}/cart`);
});

app.get(`${BASE}/cart`, (req, res) => {
  const told = req.get('session-assertion');
  const claims = told && JSON.parse(Buffer.from(told.split('.')[1], 'base64url').toString());
  res.json({ user: req.session.user ?? null, cart: req.session.cart ?? [], told: claims?.sub ?? null });
});

app.listen(Number(PORT), '127.0.0.1');
