<?php
/** Says who is asking. The snippet of docs/recipes stands beside it. */
require __DIR__ . '/snippet.php';

try {
    $claims = whoIsAsking($_SERVER['HTTP_SESSION_ASSERTION'] ?? null);
    header('content-type: application/json');
    echo json_encode(['sub' => $claims['sub'] ?? null]);
} catch (UnexpectedValueException) {
    http_response_code(401);
}
