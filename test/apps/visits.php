<?php
// A page as PHP's manual has it: a session with a counter, in the files of the machine that serves it.
session_start();
$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
header('Content-Type: application/json');
echo json_encode([
    'visits' => $_SESSION['visits'],
    'id' => session_id(),
    'sent' => $_COOKIE[session_name()] ?? null,
]);
