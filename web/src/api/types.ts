/** Made by `npm run types` from openapi.json, which the node serves. Not to be edited. */
/* eslint-disable */
export interface paths {
    "/api/v1/access-requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who asks to see what. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Requests"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access-requests/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Answers a request. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Decide"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The audit log, opened and checked by the keeper. */
        get: {
            parameters: {
                query?: {
                    /** @description `next` of the page before. */
                    after?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AuditView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/avatars/{content_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A picture of the owner or of somebody known. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    content_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": number[];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/challenges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What contacts ask the owner to confirm. Each waits for less than a minute; the event `challenge` says when one
         *     comes or ends.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChallengeList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/challenges/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Answers a contact's question. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["DecideChallenge"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/chats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The owner's conversations. */
        get: {
            parameters: {
                query?: {
                    /** @description Those that were put away. */
                    archived?: boolean;
                    /** @description Those that wait for the owner's answer, the best known people first; all of them, not more than 100. */
                    requests?: boolean;
                    /** @description How many to leave out, from 0. */
                    offset?: number | null;
                    /** @description At most 200; else 50. */
                    limit?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Chats"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/chats/{node_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The conversation with somebody, which begins with the first message, or of a group. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Node id of the person, or id of the group. */
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChatView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /** Removes a conversation here. The other keeps theirs. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Node id of the person, or id of the group. */
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        /** Pins, mutes, puts away, keeps a text that was begun. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Node id of the person, or id of the group. */
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChatChange"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChatView"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/chats/{node_id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes the messages of somebody who is no friend from now on; they are told so. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChatView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/chats/{node_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The whole conversation, the oldest message first: one JSON value a line. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/jsonl": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/chats/{node_id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Messages of a conversation. */
        get: {
            parameters: {
                query?: {
                    /** @description Before this number. */
                    before?: number | null;
                    /** @description After this number: those that follow it. */
                    after?: number | null;
                    /** @description This number, what is before it and what follows it, half and half. */
                    around?: number | null;
                    /** @description At most 200; else 50. */
                    limit?: number | null;
                };
                header?: never;
                path: {
                    /** @description Node id of the person, or id of the group. */
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Messages"];
                    };
                };
            };
        };
        put?: never;
        /** Writes a message. It is stored here when this is answered, and leaves when it cannot be undone any more. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Node id of the person, or id of the group. */
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewMessage"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MessageView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/chats/{node_id}/messages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Deletes a message of the owner for both. Who has read it has read it. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Node id of the person, or id of the group. */
                    node_id: string;
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        /** Replaces the text of a message of the owner. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Node id of the person, or id of the group. */
                    node_id: string;
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["MessageText"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MessageView"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/chats/{node_id}/messages/{id}/reaction": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Reacts to a message, instead of the owner's reaction before. */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Node id of the person, or id of the group. */
                    node_id: string;
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["MessageReaction"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MessageView"];
                    };
                };
            };
        };
        post?: never;
        /** Withdraws the owner's reaction. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Node id of the person, or id of the group. */
                    node_id: string;
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["MessageView"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/chats/{node_id}/messages/{id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes a message back that has not left; answers with its text. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Node id of the person, or id of the group. */
                    node_id: string;
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Undone"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/chats/{node_id}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Everything up to a message was read. The other is told, unless the settings say otherwise. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Node id of the person, or id of the group. */
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ReadUpto"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/chats/{node_id}/typing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The owner is writing. Friends who show such signs too see it, if a session with them is open and the settings say so;
         *     nothing is stored. Call it every few seconds, not with every letter.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/circles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The owner's circles, the oldest first, at most 100. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Circles"];
                    };
                };
            };
        };
        put?: never;
        /** Makes a circle of friends. Who has given no key yet comes in when it comes. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewCircle"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CircleView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/circles/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A circle and who is in it. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CircleView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /** Deletes a circle. Who has posts to it keeps them; nobody gets anything newer, and nobody fetches anything of them. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        /** Gives a circle another name. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["CircleChange"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CircleView"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/circles/{id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Adds friends. They see what is posted from now on. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewCirclePeople"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CircleView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/circles/{id}/members/{node_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Removes somebody: they get nothing newer, and can fetch nothing. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CircleView"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/comments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Deletes a comment of the owner, or another's on the owner's wall. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        /** Changes a comment of the owner. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewText"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CommentView"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Browsers and API clients that are logged in. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Devices"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Logs one out. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/directories/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks an address whether a directory answers there. Nothing is kept. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ServerBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ServerTest"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What changes, as it changes: `post comment reaction person notification status outbox profile`. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/event-stream": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/feed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The feed, newest first. */
        get: {
            parameters: {
                query?: {
                    filter?: "everyone" | "friends" | "mine";
                    /** @description Node id: only posts of this person. */
                    author?: string | null;
                    /** @description Only posts with this hashtag. */
                    tag?: string | null;
                    /**
                     * @description Words, 1 to 200 characters: posts that say all of them, in the order in which they came here. From three letters on a
                     *     beginning is enough; case and accents do not count. Among all posts, or with `author` or `filter=mine`.
                     */
                    q?: string | null;
                    /** @description `next` of the page before. */
                    after?: string | null;
                    /** @description 1 to 100, usually 20. */
                    limit?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FeedPage"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/feed/new": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many posts came since a page was read. */
        get: {
            parameters: {
                query: {
                    /** @description `newest` of a page. */
                    since: string;
                    filter?: "everyone" | "friends" | "mine";
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["NewCount"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Files, newest first: the owner's and copies of others'. */
        get: {
            parameters: {
                query?: {
                    before?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FileList"];
                    };
                };
            };
        };
        put?: never;
        /** Notes a file that is to come; its bytes follow by `PUT /files/{id}/data?offset=0`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewFileBody"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FileView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/offers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What others offer to the owner, newest first. */
        get: {
            parameters: {
                query?: {
                    before?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OfferList"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/offers/{id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Fetches what is offered: the file comes from now on, whenever the other node is there. Asked again, it is tried again. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FileView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/offers/{id}/decline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Declines an offer; a copy that came by it is removed. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One file. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FileView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /** Deletes a file; its offers and links end. A copy can be fetched again as long as it is offered. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        /** Gives a file another name. What was offered keeps the name it had. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["FileChange"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FileView"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/files/{id}/data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The bytes of a whole file, or the part that a `Range` header names. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": number[];
                    };
                };
                206: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": number[];
                    };
                };
            };
        };
        /**
         * Brings bytes of a file from `offset` on, as many as one likes. What is answered is on disk, whatever happens. With the last
         *     byte the file is whole; of a picture that is written anew the size changes then. 409 `conflict` with `offset` says
         *     where it goes on instead.
         */
        put: {
            parameters: {
                query: {
                    offset: number;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/octet-stream": number[];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UploadProgress"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        /** How far a file is on the disk: `Upload-Offset`, and `Upload-Length` for the whole. */
        head: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/{id}/links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The links of a file, newest first, with how often they were used. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["LinkList"];
                    };
                };
            };
        };
        put?: never;
        /** Makes a link by which whoever has it fetches this file for a while. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewLink"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["LinkToFile"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/{id}/links/{link}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes a link back. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    link: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/{id}/share": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Offers a file to a contact. They are told when their node is reached, and decide whether they fetch it. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ShareBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FileView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/{id}/share/{node_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes a file back from a person: their node is given nothing of it any more. A copy that it has it keeps. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FileView"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/files/{id}/thumbnail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A small picture of a file that is one. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/jpeg": number[];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a group with friends. Who has given no key yet is added when it comes. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewGroup"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["GroupView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/join": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks the maker of a link to come into their group. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["GroupLinkBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["GroupJoinView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/joins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Groups that the owner asked to come into and is not in yet. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["GroupJoins"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/joins/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Forgets that the owner asked. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/look": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a link leads to. Nobody is asked. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["GroupLinkBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["GroupLook"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A group: its members, their roles, who puts changes in order, what waits. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["GroupView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Gives a group another name. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["GroupChange"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["GroupView"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/groups/{id}/asking/{node_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets somebody in who asked, or does not. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["AskingAnswer"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["GroupView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{id}/leave": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Leaves a group. What was said stays readable here. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{id}/links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** GroupLinks into a group. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["GroupLinks"];
                    };
                };
            };
        };
        put?: never;
        /** Makes a link by which people can come into a group. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewGroupLink"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["GroupLinkView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{id}/links/{link}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes a link back. Who came in by it stays. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    link: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{id}/links/{link}/qr": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The code of a link. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    link: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/svg+xml": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Adds friends. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewMembers"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["GroupView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{id}/members/{node_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Removes somebody. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["GroupView"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{id}/members/{node_id}/role": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Makes somebody administrator, or a member like others. */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewRole"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["GroupView"];
                    };
                };
            };
        };
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hashtags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The hashtags that the owner follows. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Hashtags"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hashtags/{tag}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Follows a hashtag: public posts with it, of whoever the network brings, come into the feed. */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    tag: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        post?: never;
        /** Follows it no longer. Posts that came by it stay. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    tag: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/identity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who this node is. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["IdentityView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/identity/elsewhere": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Says which of two nodes with one identity the owner uses (409 `conflict` when nothing is asked, or when this one can
         *     never speak again).
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ElsewhereBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["IdentityView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/identity/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Replaces the signing key by the recovery words. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RotateBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["IdentityView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/identity/words": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows the recovery words, until they were confirmed (410 `gone` from then on). */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["WordsBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Words"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/identity/words/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Confirms that the words were saved: they leave this machine for good. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ConfirmBody"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest 256. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Invitations"];
                    };
                };
            };
        };
        put?: never;
        /** Makes a link that one person can redeem. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewInvitation"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CreatedInvitation"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations/redeem": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Redeems a link that somebody gave to the owner: asks its maker to become friends. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RedeemBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Redeemed"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes an invitation back. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations/{id}/qr": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The code of an invitation. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/svg+xml": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Locks the node: keys are wiped, sessions end. The passphrase opens it again. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Logs this browser in, by passphrase (which also unlocks the node) or by a one-time link. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["LoginBody"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/login-links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a one-time log-in link. Only for the command line and API clients. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["LoginLink"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Logs this browser out. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** With whom this node is linked, through what, how trusted, why. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["NetworkView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/network/trust/{node_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What this node thinks of another, with the numbers behind it. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TrustDetail"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Notifications, newest first. */
        get: {
            parameters: {
                query?: {
                    /** @description `next` of the page before. */
                    after?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Notifications"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Marks all up to one as read. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Read"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/outbox": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What has not arrived, the newest first. */
        get: {
            parameters: {
                query?: {
                    /** @description `next` of the page before. */
                    after?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Outbox"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/outbox/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes one back, or forgets one that failed. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/outbox/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tries one again now. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/passphrase": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Changes the passphrase. Other browsers and clients are logged out. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["PassphraseBody"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** People by relation. */
        get: {
            parameters: {
                query: {
                    list: "friends" | "requests" | "following" | "followers" | "blocked" | "suggestions";
                    /** @description `next` of the page before. */
                    after?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["People"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Looks for people, here and in the directories. */
        get: {
            parameters: {
                query: {
                    /** @description A name, a piece of one, an id, or an invitation link. */
                    q: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Search"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{node_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One person. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PersonDetail"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{node_id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Accepts their request. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PersonView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{node_id}/block": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Refuses everything of theirs, silently. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PersonView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{node_id}/challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks a contact to confirm that it is really them. Waits for their answer, up to a minute. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["AskChallenge"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChallengeOutcome"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{node_id}/code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The owner's code for this person to scan, as a picture. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "image/svg+xml": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{node_id}/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Compares the code that the other's node shows with what this one knows. Equal keys verify the person, others take it back. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["CompareBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CompareAnswer"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{node_id}/introduce": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Introduces two friends to each other. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["IntroduceBody"];
                };
            };
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Accepted"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{node_id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Refuses their request, or takes the owner's back. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PersonView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{node_id}/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a friendship or a following. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PersonView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{node_id}/request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks somebody to become friends, or follows them. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RequestBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PersonView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{node_id}/unblock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a block. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PersonView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{node_id}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Notes that the owner compared the safety number. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    node_id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["VerifyBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PersonView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/posts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Writes a post. With a header `Idempotency-Key` the same call within 24 hours makes no second one. */
        post: {
            parameters: {
                query?: never;
                header?: {
                    /** @description 1 to 128 visible characters */
                    "Idempotency-Key"?: string | null;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewPost"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PostView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/posts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One post, whole: a longer text is fetched from its author's node. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PostView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /** Deletes a post of the owner, here and at its readers. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        /** Changes a post of the owner; readers see that it was edited. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewText"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PostView"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/posts/{id}/access": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks the author of a post for access to it. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: {
                content: {
                    "application/json": null | components["schemas"]["Ask"];
                };
            };
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PostView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/posts/{id}/comments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Comments on a post. With a header `Idempotency-Key` the same call within 24 hours makes no second one. */
        post: {
            parameters: {
                query?: never;
                header?: {
                    /** @description 1 to 128 visible characters */
                    "Idempotency-Key"?: string | null;
                };
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewComment"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CommentView"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/posts/{id}/thread": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A post with its thread. Replies known to be missing are asked for, at most once an hour. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ThreadView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The profile. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProfileView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes the profile and tells friends and followers. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ProfileChange"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProfileView"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/profile/avatar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Sets the picture: JPEG, PNG, WebP or GIF, at most 8 MiB. */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "image/*": number[];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProfileView"];
                    };
                };
            };
        };
        post?: never;
        /** Removes the picture. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProfileView"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reactions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Reacts to a post or comment, instead of the owner's reaction before. */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewReaction"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Reactions"];
                    };
                };
            };
        };
        post?: never;
        /** Withdraws the owner's reaction. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Reactions"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sets a new passphrase by the 24 recovery words. Other browsers and clients are logged out. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RecoverBody"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/relays/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks an address whether a relay answers there. Nothing is kept. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ServerBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ServerTest"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Looks for words in conversations. */
        get: {
            parameters: {
                query: {
                    /**
                     * @description Words, 1 to 200 characters. All of them must be there; from three letters on a beginning is enough. Case and accents do
                     *     not count.
                     */
                    q: string;
                    /** @description In this conversation; else in all. */
                    chat?: string | null;
                    /** @description `next` of the page before. */
                    before?: number | null;
                    /** @description At most 100; else 30. */
                    limit?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SearchHits"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/service": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the node starts with the machine. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Service"];
                    };
                };
            };
        };
        put?: never;
        /** Lets the node start with the machine. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Service"];
                    };
                };
            };
        };
        /** Lets it not. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Service"];
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Phase of the node and whether this browser is logged in. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Session"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The settings. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SettingsView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes settings. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SettingsChange"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SettingsView"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** First run: makes the identity. Once, with the printed key, from this machine. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SetupBody"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SetupAnswer"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the node is doing. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Status"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What lies on the disk. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StorageView"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Sets what others' media may take. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["StorageChange"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StorageView"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/storage/free": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Removes others' media, least used first. They can be fetched again; nothing of the owner's goes. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["FreeBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Freed"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tokens for an API client. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["TokenBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Pair"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The next tokens; the ones before end. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RefreshBody"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Pair"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Accepted; it happens by itself. */
        Accepted: Record<string, never>;
        /** @description Who caused it. */
        Actor: {
            /** @description On this node. */
            avatar_url?: string | null;
            /** @description To show; never empty. */
            display_name: string;
            /** @description 64 hex digits. */
            node_id: string;
            /** @description `[a-z0-9_]{1,32}`, or empty. */
            username: string;
        };
        /** @description What a message answers. */
        AnsweredView: {
            author?: null | components["schemas"]["AuthorView"];
            /** @description How it begins; none when it was deleted or is not here. */
            gist?: string | null;
            /** @description Its id, 16 bytes. */
            id: string;
            /** @description Of the owner. */
            mine: boolean;
        };
        /** @description A question for access. */
        Ask: {
            /** @description At most 500 characters. */
            note?: string;
        };
        /** @description Why their owner is to confirm. */
        AskChallenge: {
            /** @description Shown to them; 1 to 200 characters. */
            reason: string;
        };
        /** @description An answer to who asks to come in. */
        AskingAnswer: {
            accept: boolean;
        };
        /** @description A page, the newest first, and what the check of the whole log found. */
        AuditView: {
            items: components["schemas"]["EntryView"][];
            next?: string | null;
            ok: boolean;
            problems: string[];
        };
        /** @description Who wrote something. */
        Author: {
            /** @description On this node. */
            avatar_url?: string | null;
            /** @description To show; never empty. */
            display_name: string;
            /** @description 64 hex digits. */
            node_id: string;
            /** @description `self none friend follower following blocked`. */
            relationship: string;
            /** @description `[a-z0-9_]{1,32}`, or empty. */
            username: string;
        };
        /** @description Who said something in a group. */
        AuthorView: {
            /** @description On this node. */
            avatar_url?: string | null;
            /** @description To show; never empty. */
            display_name: string;
            /** @description 64 hex digits. */
            node_id: string;
        };
        /** @description What the owner can do with it. */
        Can: {
            /** @description Comment on it, or answer it. */
            comment: boolean;
            /** @description Delete it. */
            delete: boolean;
            /** @description Change the text. */
            edit: boolean;
            /** @description React to it. */
            react: boolean;
        };
        /** @description What waits for the owner, oldest first. */
        ChallengeList: {
            items: components["schemas"]["ChallengeView"][];
        };
        /** @description What their owner said. */
        ChallengeOutcome: {
            /** @description `confirmed refused unanswered`. */
            answer: string;
            /**
             * Format: int64
             * @description Unix seconds at which their keeper signed; only when confirmed.
             */
            time?: number | null;
        };
        /** @description A contact's node asks the owner to confirm. */
        ChallengeView: {
            /**
             * Format: int64
             * @description Unix ms.
             */
            asked_at: number;
            /** @description Whose node asks. */
            from: components["schemas"]["PersonView"];
            id: string;
            /** @description Their words, at most 200 characters. */
            reason: string;
            /**
             * Format: int64
             * @description Unix ms; later answers are of no use.
             */
            until_at: number;
        };
        /** @description What the owner sets for a conversation; absent members stay. */
        ChatChange: {
            archived?: boolean | null;
            /** @description Text that was begun, at most 8,000 characters. */
            draft?: string | null;
            muted?: boolean | null;
            pinned?: boolean | null;
            /**
             * Format: int64
             * @description How long new messages stay, for both: 5 seconds to 366 days; 0: for ever.
             */
            timer_s?: number | null;
        };
        /** @description A reaction to a message. */
        ChatReaction: {
            author?: null | components["schemas"]["AuthorView"];
            /** @description Of the owner. */
            mine: boolean;
            /** @description Usually one emoji. */
            reaction: string;
        };
        /** @description A conversation. */
        ChatView: {
            /** @description Put away until something comes. */
            archived: boolean;
            /** @description Text that was begun. */
            draft?: string;
            /** @description Its name in the API: the node id of the person, or the id of the group. */
            id: string;
            /** @description `person` or `group`. */
            kind: string;
            last?: null | components["schemas"]["MessageView"];
            /**
             * Format: int64
             * @description How many people are in the group, the owner included.
             */
            members?: number | null;
            /**
             * Format: int64
             * @description Number of a message that names the owner and was not read.
             */
            mentioned?: number | null;
            /** @description Does not notify. */
            muted: boolean;
            /** @description Whether the owner may write: they are friends, or the owner is in the group. */
            open: boolean;
            person?: null | components["schemas"]["PartnerView"];
            /** @description Stands above the others. */
            pinned: boolean;
            request?: null | components["schemas"]["MessageRequestView"];
            /**
             * Format: int64
             * @description How long new messages stay, seconds; 0: for ever.
             */
            timer_s: number;
            /** @description Name of the person or group; never empty. */
            title: string;
            /**
             * Format: int64
             * @description Messages that the owner has not read; 1,000 stands for more.
             */
            unread: number;
        };
        /** @description Conversations, pinned ones first, then the newest. */
        Chats: {
            items: components["schemas"]["ChatView"][];
            /**
             * Format: int64
             * @description How many more wait for the owner's answer: of people who are no friends.
             */
            requests: number;
        };
        /** @description What is changed of a circle. */
        CircleChange: {
            /** @description As of a new one. */
            name: string;
        };
        /** @description A circle of the owner's. */
        CircleName: {
            /** @description It was deleted since. */
            deleted?: boolean;
            /** @description 22 characters of base64url. */
            id: string;
            /** @description The owner's alone. */
            name: string;
        };
        /** @description Somebody on a list. */
        CirclePerson: {
            /** @description On this node. */
            avatar_url?: string | null;
            /** @description To show; never empty. */
            display_name: string;
            /** @description 64 hex digits. */
            node_id: string;
            /** @description `in`; `adding`: a key of theirs is awaited, then they are given what was posted meanwhile; `removing`. */
            state: string;
            /** @description `[a-z0-9_]{1,32}`, or empty. */
            username: string;
        };
        /** @description A list of friends, to whom alone some posts are. */
        CircleView: {
            /** @description How many people are on it; the owner is not counted. */
            count: number;
            /**
             * Format: int64
             * @description Unix ms.
             */
            created_at: number;
            /** @description 22 characters of base64url. */
            id: string;
            /** @description The owner's alone. */
            name: string;
            /** @description Who they are, by name; in a list of circles left out. */
            people?: components["schemas"]["CirclePerson"][] | null;
        };
        /** @description The owner's circles. */
        Circles: {
            items: components["schemas"]["CircleView"][];
        };
        /** @description This machine's clock against others'. */
        ClockStatus: {
            ok: boolean;
            /**
             * Format: int64
             * @description Seconds ahead of others; null when nobody was asked.
             */
            skew_s?: number | null;
            text: string;
        };
        /** @description Comments of a thread. */
        CommentCount: {
            /**
             * Format: int64
             * @description Held here.
             */
            known: number;
            /**
             * Format: int64
             * @description Referred to by others, and not held.
             */
            missing: number;
        };
        /** @description A comment. */
        CommentView: {
            /** @description Who wrote it. */
            author: components["schemas"]["Author"];
            /** @description What the owner can do. */
            can: components["schemas"]["Can"];
            /**
             * Format: int64
             * @description Unix ms.
             */
            created_at: number;
            /** @description Deleted. */
            deleted?: boolean;
            delivery?: null | components["schemas"]["DeliveryView"];
            /**
             * Format: int64
             * @description 1 for an answer to the post.
             */
            depth: number;
            /**
             * Format: int64
             * @description Unix ms.
             */
            edited_at?: number | null;
            /** @description 64 hex digits. */
            id: string;
            /** @description What its author had seen; the first is what it answers. */
            parents: string[];
            /** @description Its post. */
            post: string;
            /** @description Most frequent first. */
            reactions: components["schemas"]["ReactionView"][];
            /** @description Empty when deleted. */
            text: string;
        };
        /** @description A comparison. */
        CompareAnswer: {
            person: components["schemas"]["PersonView"];
            result: components["schemas"]["CompareResult"];
        };
        /** @description What was scanned. */
        CompareBody: {
            /** @description `openred:v#…`, as the other's node shows it. */
            code: string;
        };
        /**
         * @description What came of it.
         * @enum {string}
         */
        CompareResult: "same" | "differ" | "others";
        /** @description Three words by their places, from 1. */
        ConfirmBody: {
            answers: {
                [key: string]: string;
            };
        };
        /** @description Sums since the start. */
        CountersOut: {
            /** Format: int64 */
            bytes_in: number;
            /** Format: int64 */
            bytes_out: number;
            /**
             * Format: int64
             * @description New messages.
             */
            delivered: number;
            /**
             * Format: int64
             * @description Dropped without blame: expired, over quota, unknown.
             */
            dropped: number;
            /** Format: int64 */
            duplicates: number;
            /** @description Messages held to serve them. */
            held: number;
            /**
             * Format: int64
             * @description Bytes that proved a fault.
             */
            invalid: number;
            /**
             * Format: int64
             * @description Own messages.
             */
            published: number;
            /**
             * Format: int64
             * @description Payloads that came, also those that were here.
             */
            received: number;
            /** Format: int64 */
            reconciliations: number;
        };
        /** @description A new one, with its code. */
        CreatedInvitation: components["schemas"]["InvitationView"] & {
            /** @description SVG. */
            qr_svg: string;
        };
        /** @description A decision. */
        Decide: {
            decision: components["schemas"]["Decision"];
        };
        /** @description A decision. */
        DecideChallenge: {
            decision: components["schemas"]["Said"];
        };
        /**
         * @description The owner's answer.
         * @enum {string}
         */
        Decision: "grant" | "refuse";
        /** @description How far a thing of the owner was delivered. */
        DeliveryView: {
            /**
             * Format: int64
             * @description Durably with their node.
             */
            delivered: number;
            /** @description At most five of those who refused it. */
            failed: components["schemas"]["RecipientView"][];
            /**
             * Format: int64
             * @description Recipients.
             */
            total: number;
            /** @description At most five of those for whom it waits. */
            waiting: components["schemas"]["RecipientView"][];
        };
        /** @description A browser or an API client. */
        DeviceView: {
            /** Format: int64 */
            created_at: number;
            current: boolean;
            id: string;
            /** Format: int64 */
            last_seen_at: number;
            name: string;
        };
        /** @description A list. */
        Devices: {
            items: components["schemas"]["DeviceView"][];
        };
        /** @description How a directory answered. */
        DirectoryAnswer: {
            /** @description People it named. */
            found: number;
            /** @description `ok down slow`. */
            state: string;
            /** @description Its address. */
            url: string;
        };
        /** @description A directory. */
        DirectoryStatus: {
            detail: string;
            node_id?: string | null;
            /** Format: int64 */
            since_at: number;
            /** @description `ok down lying slow off`. */
            state: string;
            url: string;
        };
        /** @description What directories may show (Annex A.3). Off until the owner says so. */
        Discoverable: {
            /** @description Found by the exact user name. */
            name: boolean;
            /** @description Listed among those seen of late. */
            recent: boolean;
            /** @description Found by a piece of the names. */
            text: boolean;
        };
        /** @description The owner's answer. */
        ElsewhereBody: {
            use: components["schemas"]["Used"];
        };
        /** @description Another copy of this node. */
        ElsewhereView: {
            /** @description Whether this node may go on in its place: not when the key was replaced there. */
            can_continue: boolean;
            /** @description Of the other installation. */
            incarnation: string;
            /**
             * Format: int64
             * @description When it last said how it is reached, unix ms.
             */
            issued_at: number;
            /**
             * Format: int64
             * @description When it was seen first, unix ms.
             */
            seen_at: number;
            /** @description `asking`, or `stopped`: the owner uses the other one. */
            state: string;
        };
        /** @description An entry. */
        EntryView: {
            /** Format: int64 */
            at: number;
            detail: string;
            kind: string;
            /** @description Keyed hash of the other node, equal for equal nodes; empty when nobody else took part. */
            subject: string;
        };
        /** @description Something that changed trust. */
        EventOut: {
            /**
             * Format: int64
             * @description Unix ms.
             */
            at: number;
            /** Format: double */
            delta: number;
            detail: string;
            /** @description `valid invalid timeout`. */
            event: string;
        };
        /** @description Somebody, in short. */
        Face: {
            /** @description To show. */
            display_name: string;
            /** @description 64 hex digits. */
            node_id: string;
        };
        /** @description A page of the feed. */
        FeedPage: {
            items: components["schemas"]["PostView"][];
            /** @description Where counting what is new begins. */
            newest: string;
            next?: string | null;
        };
        /** @description Another name. */
        FileChange: {
            name: string;
        };
        /** @description A page of files. */
        FileList: {
            items: components["schemas"]["FileView"][];
            /**
             * Format: int64
             * @description `before` of the next page.
             */
            next?: number | null;
        };
        /** @description A file of the owner, or a copy of somebody's. */
        FileView: {
            /** Format: int64 */
            created_at: number;
            /** @description Brought for a conversation: it goes with the last message that carries it. */
            for_chat: boolean;
            from?: null | components["schemas"]["Face"];
            /** @description SHA-256 of the ciphertext, which names it between nodes; null while it comes. */
            hash?: string | null;
            /**
             * Format: int64
             * @description Bytes that are here, about.
             */
            have: number;
            id: string;
            media_type: string;
            name: string;
            /** @description Why a copy is not here yet: `peer_away full slow_down altered refused unknown gone internal`; empty otherwise. */
            reason: string;
            /** @description With whom the owner shares it. */
            shared_with: components["schemas"]["Face"][];
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
            /** @description `coming`, `here`, `waiting` (a copy that is on its way) or `failed`. */
            state: string;
            thumbnail_url?: string | null;
            /** Format: int64 */
            used_at: number;
        };
        /**
         * @description Who a post is for.
         * @enum {string}
         */
        ForWhom: "public" | "friends" | "circle" | "private";
        /** @description A second entry for a held number. */
        ForkView: {
            /** @description The other entry as it was signed: proof for everybody who knows them. */
            entry: string;
            /** @description Hash of the entry that this node holds and goes by. */
            held: string;
            /** @description Hash of the other. */
            other: string;
            /**
             * Format: int64
             * @description When it was shown first, unix ms.
             */
            seen_at: number;
            /**
             * Format: int32
             * @description Number of the entry, from 0.
             */
            seq: number;
        };
        /** @description How much room is wanted. */
        FreeBody: {
            /**
             * Format: int64
             * @description Bytes; absent: all that can be fetched again.
             */
            bytes?: number | null;
        };
        /** @description What came of it. */
        Freed: {
            /**
             * Format: int64
             * @description Bytes.
             */
            freed: number;
        };
        /** @description How many. */
        Friends: {
            /** @description With an open session. */
            reachable: number;
            /** Format: int64 */
            total: number;
        };
        /** @description What is changed of a group. */
        GroupChange: {
            /** @description One line of 1 to 120 characters. */
            name: string;
        };
        /** @description A group that the owner asked to come into. */
        GroupJoinView: {
            /**
             * Format: int64
             * @description Since when, unix ms.
             */
            at: number;
            /** @description Who made the link. */
            by: components["schemas"]["GroupPerson"];
            /** @description Id of the group. */
            group: string;
            /** @description Its name, as the link says it. */
            name: string;
            /** @description `asked`, `waits` (who made the link is to say), `refused`, `gone` (the link is good no more). */
            state: string;
        };
        /** @description Groups that the owner asked to come into and is not in yet. */
        GroupJoins: {
            items: components["schemas"]["GroupJoinView"][];
        };
        /** @description A link of somebody. */
        GroupLinkBody: {
            link: string;
        };
        /** @description A link into a group. */
        GroupLinkView: {
            approval: boolean;
            /** Format: int64 */
            created_at: number;
            /** Format: int64 */
            expires_at: number;
            id: string;
            /** @description `openred:g#…`. */
            link: string;
            /** @description `open used expired revoked`. */
            state: string;
            /** Format: int64 */
            used: number;
            /** Format: int64 */
            uses: number;
            /** @description `https://HOST/g#…`. */
            web_link?: string | null;
        };
        /** @description GroupLinks into a group, the newest first. */
        GroupLinks: {
            items: components["schemas"]["GroupLinkView"][];
        };
        /** @description What a link leads to. */
        GroupLook: {
            /** @description Who made it is asked about each who comes. */
            approval: boolean;
            /** @description Who made the link. */
            by: components["schemas"]["GroupPerson"];
            /**
             * Format: int64
             * @description Unix ms.
             */
            expires_at: number;
            /** @description Id of the group. */
            group: string;
            /** @description The owner is in it already. */
            member: boolean;
            /** @description Its name, as the link says it. */
            name: string;
        };
        /** @description Somebody in a group, or in a line about one. */
        GroupPerson: {
            /** @description To show; never empty. */
            display_name: string;
            /** @description The owner. */
            me: boolean;
            /** @description 64 hex digits. */
            node_id: string;
        };
        /** @description A group. */
        GroupView: {
            /** @description Who asks to come in by a link of the owner's, and waits for an answer. */
            asking: components["schemas"]["GroupPerson"][];
            /** @description Nobody is administrator: everybody may. */
            everybody_changes: boolean;
            /** @description 22 characters. */
            id: string;
            /**
             * Format: int64
             * @description When the owner came in, unix ms.
             */
            joined_at?: number | null;
            /** @description Whether the owner may add, remove, rename and set roles. */
            may_change: boolean;
            /** @description Who is in it, and who is about to be. */
            members: components["schemas"]["MemberView"][];
            /** @description One line. */
            name: string;
            /** @description The owner's: `admin`, `member`, or `none` (left or removed). */
            role: string;
            /** @description Whose nodes put changes in order, the first to be asked first. */
            sequencers: components["schemas"]["SequencerView"][];
            /** @description The owner's changes that are not in the group yet. */
            waiting: components["schemas"]["WaitingView"][];
        };
        /** @description A hashtag that the owner follows. */
        HashtagView: {
            /**
             * Format: int64
             * @description Unix ms.
             */
            since_at: number;
            /** @description Lower case, without `#`. */
            tag: string;
        };
        /** @description What is followed. */
        Hashtags: {
            items: components["schemas"]["HashtagView"][];
        };
        /**
         * @description What says it.
         * @enum {string}
         */
        HitKind: "message";
        /** @description The identity. */
        IdentityView: {
            api_url?: string | null;
            /** Format: int64 */
            created_at: number;
            elsewhere?: null | components["schemas"]["ElsewhereView"];
            entries: components["schemas"]["KeyEntry"][];
            head: string;
            incarnation: string;
            /** Format: int32 */
            log_seq: number;
            node_id: string;
            /** @description `unsaved` or `saved`. */
            recovery: string;
        };
        /** @description To whom. */
        IntroduceBody: {
            /** @description A few words to both, at most 500 characters. */
            note?: string | null;
            to: string;
        };
        /** @description What came of the invitation that was given with the set-up. */
        InvitationAnswer: {
            detail?: string | null;
            /** @description `sent`, `waiting` or `failed`. */
            state: string;
        };
        /** @description An invitation of the owner. */
        InvitationView: {
            /** Format: int64 */
            created_at: number;
            /** Format: int64 */
            expires_at: number;
            id: string;
            /** @description `openred:i#…`. */
            link: string;
            /** @description `open used expired revoked`. */
            state: string;
            used_by?: null | components["schemas"]["Face"];
            /** @description `https://HOST/i#…`. */
            web_link?: string | null;
        };
        /** @description A list. */
        Invitations: {
            items: components["schemas"]["InvitationView"][];
        };
        /** @description The key process. */
        KeeperStatus: {
            /** @description How far it is shut in. */
            sandbox: string;
            /** @description `empty locked unlocked damaged gone`. */
            state: string;
        };
        /** @description An entry of the identity log. */
        KeyEntry: {
            /** Format: int64 */
            at: number;
            hash: string;
            /** @description `created` or `rotated`. */
            kind: string;
            /** Format: int64 */
            seq: number;
        };
        /**
         * @description Language of the app; empty follows the browser.
         * @enum {string}
         */
        Language: "Browser" | "en" | "fr" | "es" | "zh";
        /** @description Links of a file. */
        LinkList: {
            items: components["schemas"]["LinkToFile"][];
        };
        /** @description A link to a file. */
        LinkToFile: {
            /** Format: int64 */
            created_at: number;
            /** Format: int64 */
            expires_at: number;
            id: string;
            /** @description `open used expired revoked`. */
            state: string;
            /** @description The address to pass on. What stands behind # opens the file. */
            url: string;
            /** Format: int64 */
            used: number;
            /** Format: int64 */
            uses_max?: number | null;
        };
        /** @description A link of a profile. */
        LinkView: {
            /** @description Shown; the host of the address. */
            label?: string;
            /** @description `https://…`. */
            url: string;
        };
        /** @description Body of a log-in: one of the two. */
        LoginBody: {
            key?: null | components["schemas"]["SecretText"];
            passphrase?: null | components["schemas"]["SecretText"];
        };
        /** @description A link that logs one browser in. */
        LoginLink: {
            /** @description `http://localhost:PORT/#l=KEY`, ten minutes, once. */
            url: string;
        };
        /** @description A member. */
        MemberView: {
            /**
             * Format: int64
             * @description When, unix ms.
             */
            added_at?: number | null;
            added_by?: null | components["schemas"]["GroupPerson"];
            /** @description On this node. */
            avatar_url?: string | null;
            /** @description To show; never empty. */
            display_name: string;
            /** @description A friend of the owner. */
            friend: boolean;
            /** @description The owner. */
            me: boolean;
            /** @description 64 hex digits. */
            node_id: string;
            /** @description `admin` or `member`. */
            role: string;
            /** @description `member`, `adding` (not in yet), `removing` (on the way out). */
            state: string;
            /** @description `[a-z0-9_]{1,32}`, or empty. */
            username: string;
        };
        /** @description Somebody who is named in a text. */
        MentionView: {
            /**
             * Format: int64
             * @description Where the name begins in the text, in characters (Unicode scalar values).
             */
            at: number;
            /** @description As the owner knows them; absent for somebody who is not known here, and for the owner. */
            display_name?: string | null;
            /**
             * Format: int64
             * @description How long it is, in characters.
             */
            len: number;
            /** @description It is the owner. */
            me: boolean;
            /** @description 64 hex digits. */
            node_id: string;
        };
        /** @description The file of a message. */
        MessageFile: {
            /** @description Description for who cannot see it. */
            alt?: string;
            /**
             * Format: int64
             * @description Bytes that are here, about.
             */
            have: number;
            /** @description Id of the file, once it is here or on its way: `/files/{id}/data`. */
            id?: string | null;
            /** @description `type/subtype`. */
            media_type: string;
            /** @description Its name. */
            name: string;
            /**
             * Format: int64
             * @description Number of the other's offer: `/files/offers/{offer}/accept` fetches it.
             */
            offer?: number | null;
            /** @description Why it is not here yet: `peer_away full slow_down altered refused unknown internal`. */
            reason?: string;
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
            /** @description `here`, `offered` (it can be fetched), `waiting` (it is on its way), `failed`, or `gone` (deleted by whose it is). */
            state: string;
            /** @description A small picture, if it is one and is here. */
            thumbnail_url?: string | null;
            voice?: null | components["schemas"]["VoiceView"];
        };
        /**
         * @description What something in a conversation is.
         * @enum {string}
         */
        MessageKind: "message" | "note";
        /** @description A reaction. */
        MessageReaction: {
            /** @description At most 16 bytes, usually one emoji. */
            reaction: string;
        };
        /** @description A conversation with somebody who is no friend, before one of both has answered. */
        MessageRequestView: {
            /** @description They follow the owner. */
            follows: boolean;
            /** @description Names of groups in which both are, at most three. */
            groups: string[];
            introduced_by?: null | components["schemas"]["AuthorView"];
            /**
             * Format: int64
             * @description Since when this node knows of them, unix ms.
             */
            known_since: number;
            /**
             * Format: int64
             * @description Of `new` and `out`: how many more messages may be written before they answer.
             */
            left?: number | null;
            /**
             * Format: int32
             * @description How well they are known here; by this the list is sorted, and then by trust.
             */
            standing: number;
            /** @description `new`: nothing was said; `in`: they wrote, and the owner has not answered; `out`: the owner wrote, and they have not. */
            state: string;
            /**
             * Format: int32
             * @description How far the network trusts their node, thousandths; 500 is a stranger's. In the list of requests only.
             */
            trust?: number | null;
            /**
             * Format: int64
             * @description Of `in`: when it is forgotten, unix ms.
             */
            until?: number | null;
        };
        /**
         * @description Who may write to the owner without being a friend: it waits among the requests.
         * @enum {string}
         */
        MessageRequests: "everybody" | "known" | "nobody";
        /** @description Another text. */
        MessageText: {
            /** @description Who is named in it, as in a new message. */
            mentions?: components["schemas"]["NewMention"][];
            /** @description 1 to 8,000 characters. */
            text: string;
        };
        /** @description A message. */
        MessageView: {
            /**
             * Format: int64
             * @description When it was written, unix ms.
             */
            at: number;
            author?: null | components["schemas"]["AuthorView"];
            /**
             * Format: int64
             * @description When its text was replaced, unix ms.
             */
            edited_at?: number | null;
            /**
             * Format: int64
             * @description When it goes, unix ms; absent before that time has begun.
             */
            expires_at?: number | null;
            /**
             * Format: int64
             * @description How long it stays: the owner's from when it left, others' from when it was read; seconds.
             */
            expires_s?: number | null;
            file?: null | components["schemas"]["MessageFile"];
            /** @description 16 bytes, as its author named it. */
            id: string;
            /** @description `message`, or `note`: a line about the conversation, without text, that nobody answers or takes back. */
            kind: components["schemas"]["MessageKind"];
            /** @description Who is named in the text, in its order. */
            mentions?: components["schemas"]["MentionView"][];
            /** @description Of the owner. */
            mine: boolean;
            note?: null | components["schemas"]["NoteView"];
            /**
             * Format: int64
             * @description Rises with the order of the conversation.
             */
            number: number;
            /** @description Reactions. */
            reactions?: components["schemas"]["ChatReaction"][];
            receipts?: null | components["schemas"]["ReceiptsView"];
            /** @description Of one that failed, before they answered: the code of the refusal, such as `refused` or `slow_down`. */
            refusal?: string | null;
            reply_to?: null | components["schemas"]["AnsweredView"];
            /**
             * @description Of the owner's: `held` (it may be taken back), `no_key` (it cannot be encrypted yet), `sent` (on its way),
             *     `at_relay` (a relay keeps it for them), `failed` (refused there), `delivered`, `read`; in a group by all; `requested`
             *     (they are no friend and have not answered: whether it arrived is not told).
             */
            state?: string | null;
            /** @description Its text, empty where a file is all of it; none when it was deleted. */
            text?: string | null;
            /**
             * Format: int64
             * @description Until when it may be taken back, unix ms.
             */
            undo_until?: number | null;
        };
        /** @description Messages, the newest first. */
        Messages: {
            items: components["schemas"]["MessageView"][];
        };
        /** @description A reply that somebody referred to and this node lacks. */
        MissingView: {
            /**
             * Format: int64
             * @description When its wall's owner was asked, unix ms.
             */
            asked_at?: number | null;
            /** @description 64 hex digits. */
            id: string;
        };
        /** @description The overlay of this node. */
        NetworkView: {
            /** @description Links by state. */
            active: number;
            connecting: number;
            counters: components["schemas"]["CountersOut"];
            known: number;
            /** @description `bounded friends_first`. */
            metric: string;
            /** @description Switched off in the configuration. */
            off: boolean;
            /** @description Linked peers first, then those that are known; at most 200. */
            peers: components["schemas"]["PeerOut"][];
            /** @description `default high_throughput low_resource high_security`. */
            preset: string;
            /** @description It runs: not off, and the node was unlocked since it started. */
            running: boolean;
        };
        /** @description A new circle. */
        NewCircle: {
            /** @description One line of 1 to 60 characters, which no other circle has. Nobody else learns it. */
            name: string;
            /** @description Node ids of 1 to 499 friends. */
            people: string[];
        };
        /** @description Who is added. */
        NewCirclePeople: {
            /** @description Node ids of friends. */
            people: string[];
        };
        /** @description A new comment. */
        NewComment: {
            /** @description The comment it answers; else it answers the post. */
            parent?: string | null;
            /** @description 1 to 280 characters. */
            text: string;
        };
        /** @description How many posts are new. */
        NewCount: {
            /**
             * Format: int64
             * @description At most 1,000 are counted.
             */
            count: number;
        };
        /** @description A file that is to come. */
        NewFileBody: {
            /** @description It is for a message: it goes with the last one that carries it, and after a day when none does. False when absent. */
            for_chat?: boolean | null;
            /**
             * @description Keeps a picture as it is, with place, time and whatever a camera wrote into it. Otherwise JPEG, PNG and WebP up to
             *     32 MiB are written anew without them. False when absent.
             */
            keep_original?: boolean | null;
            /** @description `type/subtype`, lower case; `application/octet-stream` when absent. */
            media_type?: string | null;
            /** @description Without folders, at most 255 bytes. */
            name: string;
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
        };
        /** @description A new group. */
        NewGroup: {
            /** @description One line of 1 to 120 characters. */
            name: string;
            /** @description Node ids of 1 to 499 friends. */
            people: string[];
        };
        /** @description Terms of a new link. */
        NewGroupLink: {
            /** @description Whether the owner is asked about each; false when absent. */
            approval?: boolean;
            /**
             * Format: int64
             * @description 1 to 7; 7 when absent.
             */
            days?: number | null;
            /**
             * Format: int64
             * @description How many people may come in by it, 1 to 499; 1 when absent.
             */
            uses?: number | null;
        };
        /** @description Terms of a new one. */
        NewInvitation: {
            /** @description Who redeems it becomes a friend without being asked; true when absent. */
            auto_accept?: boolean | null;
            /**
             * Format: int64
             * @description 1 to 7; 7 when absent.
             */
            days?: number | null;
        };
        /** @description Terms of a new link. */
        NewLink: {
            /**
             * Format: int64
             * @description 1 second to 30 days; 7 days when absent.
             */
            expires_s?: number | null;
            /**
             * Format: int64
             * @description Downloads that it allows; absent: as many as come.
             */
            uses?: number | null;
        };
        /** @description Who is added. */
        NewMembers: {
            /** @description Node ids of friends. */
            people: string[];
        };
        /** @description Somebody who is named in a text. */
        NewMention: {
            /**
             * Format: int64
             * @description Where the name begins, in characters (Unicode scalar values).
             */
            at: number;
            /**
             * Format: int64
             * @description How long it is, in characters.
             */
            len: number;
            /** @description Who, 64 hex digits. */
            node_id: string;
        };
        /** @description A new message. */
        NewMessage: {
            /** @description Description of the file for who cannot see it, at most 1,500 characters. */
            alt?: string;
            /** @description A whole file of the owner's, for who is in this conversation to fetch. */
            file?: string | null;
            /** @description 16 bytes that the app draws, base64url: the same call again makes no second message. Drawn here when absent. */
            id?: string | null;
            /** @description Who is named in the text, in its order, at most 32; people of this conversation. */
            mentions?: components["schemas"]["NewMention"][];
            /** @description What it answers. */
            reply_to?: string | null;
            /** @description At most 8,000 characters; it may be absent where there is a file. */
            text?: string;
            voice?: null | components["schemas"]["VoiceView"];
        };
        /** @description A new post. */
        NewPost: {
            /** @description The owner's circle, where `visibility` is `circle`. */
            circle?: string | null;
            /** @description 1 to 20,000 characters. */
            text: string;
            visibility: components["schemas"]["ForWhom"];
        };
        /** @description A reaction. */
        NewReaction: {
            /** @description At most 16 bytes, usually one emoji. */
            reaction: string;
        };
        /** @description Somebody's role. */
        NewRole: {
            role: components["schemas"]["Role"];
        };
        /** @description Another text. */
        NewText: {
            /** @description The whole new text. */
            text: string;
        };
        /** @description Something the owner should know. */
        Note: {
            /** @description Stable. */
            code: string;
            /** @description `ok warn error`. */
            level: string;
            text: string;
        };
        /** @description A line about the conversation: the app says it in its language. Others may come: show nothing for what is not known. */
        NoteView: {
            /** @description The new name. */
            name?: string | null;
            /** @description Whom it is about. */
            people?: components["schemas"]["GroupPerson"][];
            /**
             * Format: int64
             * @description Of a timer; 0: for ever.
             */
            seconds?: number | null;
            /** @description `timer`: new messages stay so long. Of a group: `created`, `added`, `removed`, `left`, `renamed`, `made_admin`, `unmade_admin`. */
            what: string;
        };
        /** @description Something happened. */
        NotificationView: {
            actor?: null | components["schemas"]["Actor"];
            /**
             * Format: int64
             * @description Unix ms.
             */
            created_at: number;
            id: string;
            /** @description What happened. */
            kind: components["schemas"]["What"];
            /** @description What there is to say beside, for the app to put into words. */
            params: components["schemas"]["Params"];
            /** @description The post it is about. */
            post?: string | null;
            read: boolean;
            /** @description The whole in English, for the command line. */
            text: string;
        };
        /** @description A page. */
        Notifications: {
            items: components["schemas"]["NotificationView"][];
            next?: string | null;
            /**
             * Format: int64
             * @description Of all.
             */
            unread: number;
        };
        /** @description A page of offers. */
        OfferList: {
            items: components["schemas"]["OfferView"][];
            /**
             * Format: int64
             * @description `before` of the next page.
             */
            next?: number | null;
        };
        /** @description A file that somebody offers. */
        OfferView: {
            /** Format: int64 */
            created_at: number;
            /**
             * Format: int64
             * @description Unix ms; null: until it is taken back.
             */
            expires_at?: number | null;
            file?: null | components["schemas"]["FileView"];
            from?: null | components["schemas"]["Face"];
            /** Format: int64 */
            id: number;
            media_type: string;
            name: string;
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
        };
        /** @description A page. */
        Outbox: {
            /** Format: int64 */
            failed: number;
            items: components["schemas"]["OutboxItem"][];
            next?: string | null;
            /** Format: int64 */
            waiting: number;
        };
        /** @description How much has not arrived. */
        OutboxCounts: {
            /** Format: int64 */
            failed: number;
            /** Format: int64 */
            waiting: number;
        };
        /** @description Something that has not arrived. */
        OutboxItem: {
            id: string;
            /** Format: int64 */
            next_try_at?: number | null;
            /** @description Stable code; empty when nothing was tried. */
            reason: string;
            /** Format: int64 */
            since_at: number;
            /** @description `waiting at_relay failed`. */
            state: string;
            to: components["schemas"]["Face"];
            /** @description `post comment reaction request answer profile message …`. */
            what: string;
        };
        /** @description What a client gets. */
        Pair: {
            /** @description For `Authorization: Bearer`. */
            access_token: string;
            /**
             * Format: int64
             * @description Seconds that the access token lives.
             */
            expires_in: number;
            /** @description Good for one `POST /tokens/refresh`, within 90 days. */
            refresh_token: string;
        };
        /** @description What there is to say beside who and where: the app puts it into words of the owner's language. */
        Params: {
            /**
             * @description Name of the friend who introduces.
             * @default null
             */
            by: string | null;
            /**
             * @description Of a conversation: its id.
             * @default null
             */
            chat: string | null;
            /**
             * Format: int64
             * @description Messages that it stands for.
             * @default null
             */
            count: number | null;
            /**
             * @description Name of a file.
             * @default null
             */
            file: string | null;
            /**
             * Format: int64
             * @description Of a mention: number of the message.
             * @default null
             */
            number: number | null;
            /**
             * Format: int64
             * @description Number of the offer of a file.
             * @default null
             */
            offer: number | null;
            /**
             * Format: int32
             * @description Number of the entry that two signed differently.
             * @default null
             */
            seq: number | null;
            /**
             * @description What somebody wrote: the beginning of a comment, a reaction, a note.
             * @default
             */
            words: string;
        };
        /** @description With whom. */
        PartnerView: {
            /** @description On this node. */
            avatar_url?: string | null;
            /** @description To show; never empty. */
            display_name: string;
            /**
             * Format: int64
             * @description Their key was replaced, and the owner has not compared since (unix ms).
             */
            identity_changed_at?: number | null;
            /**
             * Format: int64
             * @description Unix ms.
             */
            last_seen_at?: number | null;
            /** @description 64 hex digits. */
            node_id: string;
            /** @description `[a-z0-9_]{1,32}`, or empty. */
            username: string;
            /** @description The owner compared the safety number. */
            verified: boolean;
        };
        /** @description Body of a change. */
        PassphraseBody: {
            new: components["schemas"]["SecretText"];
            old: components["schemas"]["SecretText"];
        };
        /** @description A peer. */
        PeerOut: {
            /** @description Dialled first after a restart. */
            anchor: boolean;
            /** @description `outbound inbound`. */
            direction: string;
            /** @description Of somebody whom the owner knows. */
            display_name?: string | null;
            /** @description What of the address costs an attacker something. */
            group?: string | null;
            /**
             * Format: int64
             * @description Unix ms of the last sign of life; null for never.
             */
            last_seen_at?: number | null;
            node_id: string;
            /** @description A link with it is wanted always. */
            pinned: boolean;
            /** Format: int64 */
            rtt_ms?: number | null;
            /**
             * Format: int64
             * @description Unix ms.
             */
            since_at?: number | null;
            /** @description `active connecting known`. */
            state: string;
            trust: components["schemas"]["TrustOut"];
            /** @description `direct relay https`; null without a link. */
            via?: string | null;
            /** @description `contact`, `drawn` by this node, `trusted` or on `probation`; null without a link. */
            why?: string | null;
        };
        /** @description A page. */
        People: {
            items: components["schemas"]["PersonView"][];
            next?: string | null;
        };
        /** @description Somebody, with the number to compare. */
        PersonDetail: components["schemas"]["PersonView"] & {
            /** @description Entries of a second history of their keys that this node was shown; it keeps the one it saw first. */
            forks: components["schemas"]["ForkView"][];
            safety_number?: null | components["schemas"]["SafetyView"];
        };
        /** @description Somebody. */
        PersonView: {
            /** @description On this node. */
            avatar_url?: string | null;
            /** @description About them. */
            bio: string;
            /** @description To show; never empty. */
            display_name: string;
            /**
             * Format: int64
             * @description Their key was replaced, and the owner has not compared since (unix ms).
             */
            identity_changed_at?: number | null;
            introduced_by?: null | components["schemas"]["Face"];
            /**
             * Format: int64
             * @description Unix ms.
             */
            last_seen_at?: number | null;
            /** @description Of their profile. */
            links: components["schemas"]["LinkView"][];
            /** @description `confirmed` by themselves, `unconfirmed`, or `conflict` when directories differ. */
            name_state: string;
            /** @description 64 hex digits. */
            node_id: string;
            /** @description Of a request. */
            note?: string | null;
            /** @description `now recently waiting unknown`. */
            reachable: string;
            /** @description `none friend follower following blocked`. */
            relationship: string;
            /** @description `none pending_out pending_in accepted rejected`. */
            status: string;
            /** @description `[a-z0-9_]{1,32}`, or empty. */
            username: string;
            /** @description The owner compared the safety number. */
            verified: boolean;
        };
        /**
         * @description How far the node is.
         * @enum {string}
         */
        Phase: "setup" | "locked" | "ready";
        /** @description A piece of a text that was found. */
        Piece: {
            /** @description It is what was looked for. */
            hit: boolean;
            /** @description As it stands there; put together, the pieces are what is around the first hit. */
            text: string;
        };
        /** @description A post. */
        PostView: {
            /** @description Of a longer text: `open asked refused gone`. */
            access: string;
            /** @description Who wrote it. */
            author: components["schemas"]["Author"];
            /** @description What the owner can do. */
            can: components["schemas"]["Can"];
            circle?: null | components["schemas"]["CircleName"];
            /** @description Of its thread. */
            comments: components["schemas"]["CommentCount"];
            /**
             * Format: int64
             * @description Unix ms.
             */
            created_at: number;
            /** @description Deleted by its author. */
            deleted?: boolean;
            delivery?: null | components["schemas"]["DeliveryView"];
            /**
             * Format: int64
             * @description Unix ms.
             */
            edited_at?: number | null;
            /** @description 64 hex digits. */
            id: string;
            /** @description There is more of it than `text`: `GET /posts/{id}` fetches it. */
            more?: boolean;
            /** @description Most frequent first. */
            reactions: components["schemas"]["ReactionView"][];
            /**
             * Format: int64
             * @description Unix ms; only where it is not `created_at`.
             */
            received_at?: number | null;
            /** @description The text, or the beginning of a longer one. */
            text: string;
            /** @description `public friends circle private`. */
            visibility: string;
        };
        /**
         * @description A refusal as the caller sees it, with the reason nobody but the log sees.
         *
         *     Made by the constructor of its code ([`Problem::malformed`], [`Problem::unknown`], …); `?` turns a
         *     [`DbError`](crate::database::DbError) into `busy`, `full` or `internal`.
         */
        Problem: Record<string, never> & {
            /**
             * @description Stable code for programs, never renamed.
             * @example unknown
             */
            code: string;
            /** @description What the caller may know about this very case. */
            detail?: string | null;
            /**
             * Format: int64
             * @description When to come back, in seconds; also sent as `Retry-After`.
             */
            retry_after?: number | null;
            /**
             * Format: int32
             * @description HTTP status code.
             * @example 404
             */
            status: number;
            /**
             * @description Short English sentence of the code.
             * @example Nothing is here
             */
            title: string;
        };
        /** @description What is to change; absent members stay, `email: null` or an empty text removes it. */
        ProfileChange: {
            bio?: string | null;
            display_name?: string | null;
            email?: string | null;
            links?: components["schemas"]["LinkView"][] | null;
        };
        /** @description The owner's profile. */
        ProfileView: {
            avatar_url?: string | null;
            bio: string;
            /** Format: int64 */
            created_at: number;
            display_name: string;
            email?: string | null;
            links: components["schemas"]["LinkView"][];
            node_id: string;
            username: string;
        };
        /** @description How often a reaction was given. */
        ReactionView: {
            /**
             * Format: int64
             * @description By how many.
             */
            count: number;
            /** @description The owner among them. */
            mine: boolean;
            /** @description Usually one emoji. */
            reaction: string;
        };
        /** @description What something got. */
        Reactions: {
            reactions: components["schemas"]["ReactionView"][];
        };
        /** @description Up to where the owner has read. */
        Read: {
            /** @description Number of a notification. */
            upto: string;
        };
        /** @description Up to where the owner has read. */
        ReadUpto: {
            /** @description Id of the message. */
            id: string;
        };
        /** @description A recommendation that counts. */
        ReasonOut: {
            /**
             * Format: double
             * @description What it adds, before the limit of 0.1.
             */
            adds: number;
            node_id: string;
        };
        /** @description How far a message of the owner is in a group. */
        ReceiptsView: {
            /**
             * Format: int64
             * @description How many of their nodes have it, those who have read it among them.
             */
            delivered: number;
            /**
             * Format: int64
             * @description For how many members it is.
             */
            of: number;
            /**
             * Format: int64
             * @description How many have read it, as far as they tell.
             */
            read: number;
        };
        /** @description Somebody for whom something waits, or who refused it. */
        RecipientView: {
            /** @description To show. */
            display_name: string;
            /** @description 64 hex digits. */
            node_id: string;
            /** @description Stable code; empty when nothing was tried yet, `at_relay` when it lies at a relay of theirs. */
            reason: string;
        };
        /** @description Body of the recovery. */
        RecoverBody: {
            passphrase: components["schemas"]["SecretText"];
            words: components["schemas"]["SecretText"];
        };
        /** @description A link of somebody. */
        RedeemBody: {
            link: string;
        };
        /** @description What came of it. */
        Redeemed: {
            display_name: string;
            node_id: string;
            /** @description `sent` or `waiting`. */
            state: string;
        };
        /** @description Body of a refresh. */
        RefreshBody: {
            refresh_token: components["schemas"]["SecretText"];
        };
        /** @description A relay that keeps this node's mail. */
        RelayStatus: {
            detail: string;
            node_id?: string | null;
            /** Format: int64 */
            since_at: number;
            /** @description `ok down off`. */
            state: string;
            url: string;
        };
        /** @description What is asked for. */
        RequestBody: {
            /** @description At most 500 characters. */
            note?: string | null;
            /**
             * @description `friend` or `follower` (the owner follows them).
             * @example friend
             */
            relationship: string;
        };
        /** @description Somebody asks to see a post. */
        RequestView: {
            /**
             * Format: int64
             * @description Unix ms.
             */
            created_at: number;
            from: components["schemas"]["PersonView"];
            id: string;
            note: string;
            /** @description The post. */
            post: string;
        };
        /** @description Undecided requests. */
        Requests: {
            items: components["schemas"]["RequestView"][];
        };
        /**
         * @description What somebody may do.
         * @enum {string}
         */
        Role: "admin" | "member";
        /** @description Body of a rotation. */
        RotateBody: {
            words: components["schemas"]["SecretText"];
        };
        /** @description The number that both compare. */
        SafetyView: {
            /** @description What this node shows for the other to scan: `openred:v#…`; as a picture at `/people/{node_id}/code`. */
            code: string;
            /** @description Twelve groups of five. */
            digits: string[];
            /** @description Sixteen symbols. */
            emoji: string[];
            /** @description Head of their log. */
            head: string;
        };
        /**
         * @description The owner's answer.
         * @enum {string}
         */
        Said: "confirm" | "refuse";
        /** @description What was found. */
        Search: {
            /** @description All that were asked. */
            directories: components["schemas"]["DirectoryAnswer"][];
            /** @description People known first. */
            items: components["schemas"]["PersonView"][];
        };
        /** @description Something that was found. */
        SearchHit: {
            /**
             * Format: int64
             * @description Unix ms.
             */
            at: number;
            by?: null | components["schemas"]["Face"];
            /** @description Id of the conversation. */
            chat: string;
            /** @description Name of the file that it carries. */
            file?: string | null;
            /** @description Id of the message. */
            id: string;
            kind: components["schemas"]["HitKind"];
            /** @description Of the owner. */
            mine: boolean;
            /**
             * Format: int64
             * @description Its number in the conversation.
             */
            number: number;
            /** @description What is around the first hit, in pieces. */
            snippet: components["schemas"]["Piece"][];
            /** @description With whom, or its name. */
            title: string;
        };
        /** @description A page of what was found, the newest first. */
        SearchHits: {
            items: components["schemas"]["SearchHit"][];
            /**
             * Format: int64
             * @description `before` of the next page.
             */
            next?: number | null;
        };
        /** @description A secret in a body: a text that is wiped and never printed. */
        SecretText: string;
        /** @description Whose node puts changes in order. */
        SequencerView: {
            /** @description To show; never empty. */
            display_name: string;
            /** @description It confirmed two changes where there can be one: do not rely on it. */
            lied: boolean;
            /** @description The owner's own. */
            me: boolean;
            /** @description 64 hex digits. */
            node_id: string;
        };
        /** @description Address of a directory or relay. */
        ServerBody: {
            url: string;
        };
        /** @description What answers there. */
        ServerTest: {
            detail: string;
            node_id?: string | null;
            ok: boolean;
        };
        /** @description The state, in words too. */
        Service: {
            /** @description For the owner. */
            detail: string;
            /** @description See [`State`]. */
            state: components["schemas"]["State"];
        };
        /** @description What anybody may know. */
        Session: {
            display_name?: string | null;
            logged_in: boolean;
            node_id?: string | null;
            /** @description Shortest passphrase that a node takes, in characters. */
            passphrase_min: number;
            phase: components["schemas"]["Phase"];
            version: string;
        };
        /** @description How many sessions each transport carries. */
        SessionsBy: {
            /** @description HTTPS. */
            https: number;
            /** @description QUIC between the two nodes. */
            quic: number;
            /** @description QUIC through a relay. */
            quic_relayed: number;
        };
        /** @description What is to change; absent members stay. */
        SettingsChange: {
            allow_message_requests?: null | components["schemas"]["MessageRequests"];
            allow_requests?: boolean | null;
            default_visibility?: null | components["schemas"]["Visibility"];
            /** @description `https://…`, with `#node_id` to pin whom to expect there; at most 16. */
            directories?: string[] | null;
            discoverable?: null | components["schemas"]["Discoverable"];
            /**
             * Format: int64
             * @description Pictures and recordings of messages up to this size are fetched unasked, bytes; 0: none.
             */
            fetch_pictures_max?: number | null;
            language?: null | components["schemas"]["Language"];
            /** @description Whether you are told of being named in a muted conversation. */
            mention_notices?: boolean | null;
            /** @description Whether others are told what you have read. */
            read_receipts?: boolean | null;
            /** @description The same, at most 4. */
            relays?: string[] | null;
            theme?: null | components["schemas"]["Theme"];
            /** @description Whether friends see that you are writing, and you that they are. */
            typing_signs?: boolean | null;
            /**
             * Format: int32
             * @description How long a message of a conversation may be taken back before it leaves: seconds, at most 30.
             */
            undo_send_s?: number | null;
        };
        /** @description All settings. */
        SettingsView: {
            allow_message_requests: components["schemas"]["MessageRequests"];
            allow_requests: boolean;
            default_visibility: components["schemas"]["Visibility"];
            directories: string[];
            discoverable: components["schemas"]["Discoverable"];
            /**
             * Format: int64
             * @description Bytes.
             */
            fetch_pictures_max: number;
            language: components["schemas"]["Language"];
            /** @description Whether you are told of being named in a muted conversation. */
            mention_notices: boolean;
            read_receipts: boolean;
            /** @description Where mail for this node is kept while it is away. */
            relays: string[];
            theme: components["schemas"]["Theme"];
            typing_signs: boolean;
            /**
             * Format: int32
             * @description Seconds, at most 30.
             */
            undo_send_s: number;
        };
        /** @description Answer to the set-up. */
        SetupAnswer: {
            invitation?: null | components["schemas"]["InvitationAnswer"];
            node_id: string;
            username: string;
        };
        /** @description Body of the set-up. */
        SetupBody: {
            display_name: string;
            invitation?: string | null;
            key: components["schemas"]["SecretText"];
            passphrase: components["schemas"]["SecretText"];
        };
        /** @description For whom. */
        ShareBody: {
            /**
             * Format: int64
             * @description How long it can be fetched, at most 366 days; absent: until it is taken back.
             */
            expires_s?: number | null;
            node_id: string;
        };
        /**
         * @description Whether the node starts by itself.
         * @enum {string}
         */
        State: "installed" | "running" | "absent" | "unsupported";
        /** @description How the node is doing. */
        Status: {
            clock: components["schemas"]["ClockStatus"];
            directories: components["schemas"]["DirectoryStatus"][];
            friends: components["schemas"]["Friends"];
            keeper: components["schemas"]["KeeperStatus"];
            node_id?: string | null;
            notes: components["schemas"]["Note"][];
            outbox: components["schemas"]["OutboxCounts"];
            phase: components["schemas"]["Phase"];
            relays: components["schemas"]["RelayStatus"][];
            sessions: number;
            sessions_by: components["schemas"]["SessionsBy"];
            storage: components["schemas"]["Storage"];
            /** Format: int64 */
            uptime_s: number;
            version: string;
        };
        /** @description The disk. */
        Storage: {
            /**
             * Format: int64
             * @description Of the data folder.
             */
            bytes: number;
            /**
             * Format: int64
             * @description On its disk.
             */
            free_bytes: number;
            /** @description `FULL` (SQLite) or `on` (PostgreSQL): what is acknowledged survives a power loss. */
            synchronous: string;
        };
        /** @description What is to change. */
        StorageChange: {
            /**
             * Format: int64
             * @description Bytes that copies of others' files may take at most; what is beyond is removed, least used first.
             */
            others_budget: number;
        };
        /** @description Bytes on the disk by kind. */
        StorageView: {
            /**
             * Format: int64
             * @description The database of this node, 0 where it lies on a server.
             */
            database: number;
            /**
             * Format: int64
             * @description Free on the disk; null where that cannot be known.
             */
            free?: number | null;
            /**
             * Format: int64
             * @description What copies of others' files may take at most.
             */
            others_budget: number;
            /**
             * Format: int64
             * @description Copies of files that others offered, those on their way included. Can be removed and fetched again.
             */
            others_files: number;
            /**
             * Format: int64
             * @description Others' pictures and long texts, which are part of the database.
             */
            others_texts: number;
            /**
             * Format: int64
             * @description The owner's files; never removed by the node.
             */
            own_files: number;
        };
        /**
         * @description Colours of the app.
         * @enum {string}
         */
        Theme: "system" | "light" | "dark";
        /** @description A post with its thread. */
        ThreadView: {
            /** @description In reading order: each below what it answers. */
            comments: components["schemas"]["CommentView"][];
            /**
             * Format: int64
             * @description Comments held.
             */
            known: number;
            /** @description Replies known to be missing. */
            missing: components["schemas"]["MissingView"][];
            /** @description The post. */
            post: components["schemas"]["PostView"];
        };
        /** @description Body of a new client. */
        TokenBody: {
            /** @description For the list of devices, 1 to 64 characters. */
            name: string;
        };
        /** @description The same, with what it is reckoned from. */
        TrustDetail: {
            contact: boolean;
            display_name?: string | null;
            /** @description The newest events, newest first. */
            events: components["schemas"]["EventOut"][];
            /**
             * Format: int64
             * @description Unix ms of the first link.
             */
            first_seen_at?: number | null;
            followed: boolean;
            group?: string | null;
            /** @description Who told of it first. */
            introducer?: string | null;
            /**
             * Format: int64
             * @description Bytes of it that proved a fault.
             */
            invalid: number;
            metric: string;
            node_id: string;
            pinned: boolean;
            /** @description Who recommends it. */
            reasons: components["schemas"]["ReasonOut"][];
            /** @description Its recommendations count. */
            recommender: boolean;
            trust: components["schemas"]["TrustOut"];
            /**
             * Format: int64
             * @description Messages that it brought first.
             */
            valid: number;
            /** @description Why they do not: `unknown trust new inbound group`. */
            why_no_recommender?: string | null;
        };
        /** @description What this node thinks of another; 0 to 1. */
        TrustOut: {
            /** Format: double */
            boost: number;
            /** Format: double */
            direct: number;
            /** Format: double */
            effective: number;
            /** Format: double */
            reputation: number;
            /** Format: double */
            stats: number;
            /** Format: double */
            trend: number;
        };
        /** @description What was taken back, to be written again. */
        Undone: {
            /** @description Its description. */
            alt?: string;
            /** @description The file that it was to carry. */
            file?: string | null;
            text: string;
        };
        /** @description How far a file is. */
        UploadProgress: {
            /**
             * Format: int64
             * @description Bytes that are on disk; go on here. Rises in chunks of 64 KiB: what fills none is sent again.
             */
            offset: number;
            /** @description Nothing is missing. */
            whole: boolean;
        };
        /**
         * @description Which node the owner uses.
         * @enum {string}
         */
        Used: "this" | "other";
        /** @description Whether the numbers were equal. */
        VerifyBody: {
            verified: boolean;
        };
        /**
         * @description Who sees a new post unless said otherwise.
         * @enum {string}
         */
        Visibility: "public" | "friends" | "private";
        /** @description A recording. */
        VoiceView: {
            /** @description How loud it is from its beginning to its end: at most 64 bytes, base64url. */
            levels: string;
            /**
             * Format: int64
             * @description How long it is, milliseconds, at most an hour.
             */
            ms: number;
        };
        /** @description A change that is not in the group yet. */
        WaitingView: {
            /** @description The new name. */
            name?: string | null;
            /** @description Whom it is about. */
            people?: components["schemas"]["GroupPerson"][];
            /**
             * Format: int64
             * @description Since when, unix ms.
             */
            since: number;
            /** @description `add`, `remove`, `rename`, `role`. */
            what: string;
        };
        /**
         * @description What happened.
         * @enum {string}
         */
        What: "friend_request" | "friend_accepted" | "comment" | "reaction" | "introduction" | "access_request" | "invitation_used" | "invitation_tried" | "identity_changed" | "identity_fork" | "identity_elsewhere" | "met_again" | "delivery_failed" | "challenge" | "message" | "mention" | "file_offer" | "group_asking";
        /** @description The 24 words. */
        Words: {
            words: string[];
        };
        /** @description Body that asks for the words. */
        WordsBody: {
            passphrase: components["schemas"]["SecretText"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Accepted = components['schemas']['Accepted'];
export type Actor = components['schemas']['Actor'];
export type AnsweredView = components['schemas']['AnsweredView'];
export type Ask = components['schemas']['Ask'];
export type AskChallenge = components['schemas']['AskChallenge'];
export type AskingAnswer = components['schemas']['AskingAnswer'];
export type AuditView = components['schemas']['AuditView'];
export type Author = components['schemas']['Author'];
export type AuthorView = components['schemas']['AuthorView'];
export type Can = components['schemas']['Can'];
export type ChallengeList = components['schemas']['ChallengeList'];
export type ChallengeOutcome = components['schemas']['ChallengeOutcome'];
export type ChallengeView = components['schemas']['ChallengeView'];
export type ChatChange = components['schemas']['ChatChange'];
export type ChatReaction = components['schemas']['ChatReaction'];
export type ChatView = components['schemas']['ChatView'];
export type Chats = components['schemas']['Chats'];
export type CircleChange = components['schemas']['CircleChange'];
export type CircleName = components['schemas']['CircleName'];
export type CirclePerson = components['schemas']['CirclePerson'];
export type CircleView = components['schemas']['CircleView'];
export type Circles = components['schemas']['Circles'];
export type ClockStatus = components['schemas']['ClockStatus'];
export type CommentCount = components['schemas']['CommentCount'];
export type CommentView = components['schemas']['CommentView'];
export type CompareAnswer = components['schemas']['CompareAnswer'];
export type CompareBody = components['schemas']['CompareBody'];
export type CompareResult = components['schemas']['CompareResult'];
export type ConfirmBody = components['schemas']['ConfirmBody'];
export type CountersOut = components['schemas']['CountersOut'];
export type CreatedInvitation = components['schemas']['CreatedInvitation'];
export type Decide = components['schemas']['Decide'];
export type DecideChallenge = components['schemas']['DecideChallenge'];
export type Decision = components['schemas']['Decision'];
export type DeliveryView = components['schemas']['DeliveryView'];
export type DeviceView = components['schemas']['DeviceView'];
export type Devices = components['schemas']['Devices'];
export type DirectoryAnswer = components['schemas']['DirectoryAnswer'];
export type DirectoryStatus = components['schemas']['DirectoryStatus'];
export type Discoverable = components['schemas']['Discoverable'];
export type ElsewhereBody = components['schemas']['ElsewhereBody'];
export type ElsewhereView = components['schemas']['ElsewhereView'];
export type EntryView = components['schemas']['EntryView'];
export type EventOut = components['schemas']['EventOut'];
export type Face = components['schemas']['Face'];
export type FeedPage = components['schemas']['FeedPage'];
export type FileChange = components['schemas']['FileChange'];
export type FileList = components['schemas']['FileList'];
export type FileView = components['schemas']['FileView'];
export type ForWhom = components['schemas']['ForWhom'];
export type ForkView = components['schemas']['ForkView'];
export type FreeBody = components['schemas']['FreeBody'];
export type Freed = components['schemas']['Freed'];
export type Friends = components['schemas']['Friends'];
export type GroupChange = components['schemas']['GroupChange'];
export type GroupJoinView = components['schemas']['GroupJoinView'];
export type GroupJoins = components['schemas']['GroupJoins'];
export type GroupLinkBody = components['schemas']['GroupLinkBody'];
export type GroupLinkView = components['schemas']['GroupLinkView'];
export type GroupLinks = components['schemas']['GroupLinks'];
export type GroupLook = components['schemas']['GroupLook'];
export type GroupPerson = components['schemas']['GroupPerson'];
export type GroupView = components['schemas']['GroupView'];
export type HashtagView = components['schemas']['HashtagView'];
export type Hashtags = components['schemas']['Hashtags'];
export type HitKind = components['schemas']['HitKind'];
export type IdentityView = components['schemas']['IdentityView'];
export type IntroduceBody = components['schemas']['IntroduceBody'];
export type InvitationAnswer = components['schemas']['InvitationAnswer'];
export type InvitationView = components['schemas']['InvitationView'];
export type Invitations = components['schemas']['Invitations'];
export type KeeperStatus = components['schemas']['KeeperStatus'];
export type KeyEntry = components['schemas']['KeyEntry'];
export type Language = components['schemas']['Language'];
export type LinkList = components['schemas']['LinkList'];
export type LinkToFile = components['schemas']['LinkToFile'];
export type LinkView = components['schemas']['LinkView'];
export type LoginBody = components['schemas']['LoginBody'];
export type LoginLink = components['schemas']['LoginLink'];
export type MemberView = components['schemas']['MemberView'];
export type MentionView = components['schemas']['MentionView'];
export type MessageFile = components['schemas']['MessageFile'];
export type MessageKind = components['schemas']['MessageKind'];
export type MessageReaction = components['schemas']['MessageReaction'];
export type MessageRequestView = components['schemas']['MessageRequestView'];
export type MessageRequests = components['schemas']['MessageRequests'];
export type MessageText = components['schemas']['MessageText'];
export type MessageView = components['schemas']['MessageView'];
export type Messages = components['schemas']['Messages'];
export type MissingView = components['schemas']['MissingView'];
export type NetworkView = components['schemas']['NetworkView'];
export type NewCircle = components['schemas']['NewCircle'];
export type NewCirclePeople = components['schemas']['NewCirclePeople'];
export type NewComment = components['schemas']['NewComment'];
export type NewCount = components['schemas']['NewCount'];
export type NewFileBody = components['schemas']['NewFileBody'];
export type NewGroup = components['schemas']['NewGroup'];
export type NewGroupLink = components['schemas']['NewGroupLink'];
export type NewInvitation = components['schemas']['NewInvitation'];
export type NewLink = components['schemas']['NewLink'];
export type NewMembers = components['schemas']['NewMembers'];
export type NewMention = components['schemas']['NewMention'];
export type NewMessage = components['schemas']['NewMessage'];
export type NewPost = components['schemas']['NewPost'];
export type NewReaction = components['schemas']['NewReaction'];
export type NewRole = components['schemas']['NewRole'];
export type NewText = components['schemas']['NewText'];
export type Note = components['schemas']['Note'];
export type NoteView = components['schemas']['NoteView'];
export type NotificationView = components['schemas']['NotificationView'];
export type Notifications = components['schemas']['Notifications'];
export type OfferList = components['schemas']['OfferList'];
export type OfferView = components['schemas']['OfferView'];
export type Outbox = components['schemas']['Outbox'];
export type OutboxCounts = components['schemas']['OutboxCounts'];
export type OutboxItem = components['schemas']['OutboxItem'];
export type Pair = components['schemas']['Pair'];
export type Params = components['schemas']['Params'];
export type PartnerView = components['schemas']['PartnerView'];
export type PassphraseBody = components['schemas']['PassphraseBody'];
export type PeerOut = components['schemas']['PeerOut'];
export type People = components['schemas']['People'];
export type PersonDetail = components['schemas']['PersonDetail'];
export type PersonView = components['schemas']['PersonView'];
export type Phase = components['schemas']['Phase'];
export type Piece = components['schemas']['Piece'];
export type PostView = components['schemas']['PostView'];
export type Problem = components['schemas']['Problem'];
export type ProfileChange = components['schemas']['ProfileChange'];
export type ProfileView = components['schemas']['ProfileView'];
export type ReactionView = components['schemas']['ReactionView'];
export type Reactions = components['schemas']['Reactions'];
export type Read = components['schemas']['Read'];
export type ReadUpto = components['schemas']['ReadUpto'];
export type ReasonOut = components['schemas']['ReasonOut'];
export type ReceiptsView = components['schemas']['ReceiptsView'];
export type RecipientView = components['schemas']['RecipientView'];
export type RecoverBody = components['schemas']['RecoverBody'];
export type RedeemBody = components['schemas']['RedeemBody'];
export type Redeemed = components['schemas']['Redeemed'];
export type RefreshBody = components['schemas']['RefreshBody'];
export type RelayStatus = components['schemas']['RelayStatus'];
export type RequestBody = components['schemas']['RequestBody'];
export type RequestView = components['schemas']['RequestView'];
export type Requests = components['schemas']['Requests'];
export type Role = components['schemas']['Role'];
export type RotateBody = components['schemas']['RotateBody'];
export type SafetyView = components['schemas']['SafetyView'];
export type Said = components['schemas']['Said'];
export type Search = components['schemas']['Search'];
export type SearchHit = components['schemas']['SearchHit'];
export type SearchHits = components['schemas']['SearchHits'];
export type SecretText = components['schemas']['SecretText'];
export type SequencerView = components['schemas']['SequencerView'];
export type ServerBody = components['schemas']['ServerBody'];
export type ServerTest = components['schemas']['ServerTest'];
export type Service = components['schemas']['Service'];
export type Session = components['schemas']['Session'];
export type SessionsBy = components['schemas']['SessionsBy'];
export type SettingsChange = components['schemas']['SettingsChange'];
export type SettingsView = components['schemas']['SettingsView'];
export type SetupAnswer = components['schemas']['SetupAnswer'];
export type SetupBody = components['schemas']['SetupBody'];
export type ShareBody = components['schemas']['ShareBody'];
export type State = components['schemas']['State'];
export type Status = components['schemas']['Status'];
export type Storage = components['schemas']['Storage'];
export type StorageChange = components['schemas']['StorageChange'];
export type StorageView = components['schemas']['StorageView'];
export type Theme = components['schemas']['Theme'];
export type ThreadView = components['schemas']['ThreadView'];
export type TokenBody = components['schemas']['TokenBody'];
export type TrustDetail = components['schemas']['TrustDetail'];
export type TrustOut = components['schemas']['TrustOut'];
export type Undone = components['schemas']['Undone'];
export type UploadProgress = components['schemas']['UploadProgress'];
export type Used = components['schemas']['Used'];
export type VerifyBody = components['schemas']['VerifyBody'];
export type Visibility = components['schemas']['Visibility'];
export type VoiceView = components['schemas']['VoiceView'];
export type WaitingView = components['schemas']['WaitingView'];
export type What = components['schemas']['What'];
export type Words = components['schemas']['Words'];
export type WordsBody = components['schemas']['WordsBody'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
